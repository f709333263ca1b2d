//! The back room: orders that waited, messages, goods, parcels, databases.

use core::fmt;

use super::Summary;
use crate::{
    resilience::pool::Reading,
    services::{
        inventory::stock::StockReading,
        notification::post::{Channel, PostReading},
        order::queue::QueueReading,
        shipping::depot::DepotReading,
    },
    shop::BackroomReading,
};

impl Summary {
    pub(super) fn backroom(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BackroomReading {
            queue,
            post,
            stock,
            depot,
            ..
        } = &self.backroom;
        let QueueReading {
            waiting,
            queued,
            carried_out,
            given_up,
            undone,
            stuck,
        } = queue;
        writeln!(
            out,
            "queue       {queued} orders waited to be paid: {carried_out} carried out, {given_up} given up, {waiting} wait; {undone} steps back taken later, {stuck} never"
        )?;
        let channels: Vec<String> = Channel::ALL
            .iter()
            .enumerate()
            .map(|(at, channel)| {
                let (sent, failed, full) = (post.sent[at], post.failed[at], post.full[at]);
                format!("{channel} {sent} ({failed} failed, {full} full)")
            })
            .collect();
        let PostReading {
            fell_back,
            given_up,
            waiting,
            ..
        } = post;
        writeln!(
            out,
            "post        {}; {fell_back} went another way, {given_up} given up, {waiting} wait",
            channels.join(", ")
        )?;
        let StockReading {
            left,
            reserved,
            sold,
            low,
            out: sold_out,
            expired,
        } = stock;
        writeln!(
            out,
            "stock       {left} pieces left, {reserved} reserved, {sold} sold; {low} products low, {sold_out} sold out; {expired} reservations expired"
        )?;
        let DepotReading {
            packed,
            on_the_way,
            delayed,
            delivered,
            ever_delayed,
        } = depot;
        writeln!(
            out,
            "parcels     {packed} packed, {on_the_way} on the way, {delayed} delayed, {delivered} delivered; {ever_delayed} were ever delayed"
        )
    }

    pub(super) fn pools(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, reading) in self.backroom.pools.iter().enumerate() {
            let head = if position == 0 { "databases" } else { "" };
            let Reading {
                pool,
                size,
                opened,
                leases,
                exhausted,
                lost,
                unhealthy,
                slow,
                ..
            } = reading;
            let [mean, max] =
                [reading.wait_mean, reading.wait_max].map(|it| it.as_secs_f64() * 1e3);
            writeln!(
                out,
                "{head:<12}{pool:<10}{leases} leases of {size} connections, {exhausted} not in time; {opened} opened, {lost} lost, {unhealthy} unhealthy; {slow} slow; wait {mean:.2} ms, {max:.0} at most"
            )?;
        }
        Ok(())
    }
}
