//! The order book: what became of each order.

use std::collections::HashMap;

use crate::{
    ids::OrderId,
    protocol::order::{OrderError, Receipt},
};

/// Orders that are under way, and how the others ended.
#[derive(Debug, Default)]
pub struct OrderBook(HashMap<OrderId, Option<Result<Receipt, OrderError>>>);

/// What became of the wish to open an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is the first; now [`close`](OrderBook::close) it.
    First,
    /// It was sent before, and this is the answer.
    Before(Result<Receipt, OrderError>),
}

impl OrderBook {
    /// Opens an order, unless that was done before.
    pub fn open(&mut self, order: OrderId) -> Opened {
        match self.0.get(&order) {
            None => {
                self.0.insert(order, None);
                Opened::First
            }
            Some(None) => Opened::Before(Err(OrderError::InProgress)),
            Some(Some(result)) => Opened::Before(*result),
        }
    }

    /// Notes how an order ended.
    pub fn close(&mut self, order: OrderId, result: Result<Receipt, OrderError>) {
        self.0.insert(order, Some(result));
    }

    /// How an order ended; nothing while it is under way, or unknown.
    #[must_use]
    pub fn status(&self, order: OrderId) -> Option<Result<Receipt, OrderError>> {
        self.0.get(&order).copied().flatten()
    }

    /// All orders, each with how it ended.
    pub fn orders(&self) -> impl Iterator<Item = (OrderId, Option<Result<Receipt, OrderError>>)> {
        self.0.iter().map(|(&order, &result)| (order, result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Cents;

    const ORDER: OrderId = OrderId(1);

    #[test]
    fn an_order_sent_twice_is_carried_out_once() {
        let mut book = OrderBook::default();
        assert_eq!(book.open(ORDER), Opened::First);
        assert_eq!(
            book.open(ORDER),
            Opened::Before(Err(OrderError::InProgress))
        );
        assert_eq!(book.status(ORDER), None);
        let receipt = Receipt {
            order: ORDER,
            total: Cents(1),
            tracking: 1,
        };
        book.close(ORDER, Ok(receipt));
        assert_eq!(book.open(ORDER), Opened::Before(Ok(receipt)));
        assert_eq!(book.status(ORDER), Some(Ok(receipt)));
    }
}
