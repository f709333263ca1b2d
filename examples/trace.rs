//! Follows one order through two services: `cargo run --example trace`.

use std::{error::Error, sync::mpsc, thread};

use ttlog_std::{Context, Trace, error, info, span};

/// A request from one service to the other. `traceparent` is the header that carries the trace.
struct Charge {
    cents: u64,
    traceparent: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let trace = Trace::builder().service("trace").build()?;
    let (sender, inbox) = mpsc::channel();
    let payment = thread::Builder::new()
        .name("payment".to_owned())
        .spawn(move || inbox.into_iter().for_each(charge))?;

    let trace_id = place_order(&sender)?;
    drop(sender);
    payment.join().map_err(|_| "the payment thread panicked")?;

    let path = trace.request_snapshot("order").wait()?;
    println!("cargo run -p dump -- --trace {trace_id} {}", path.display());
    Ok(())
}

fn place_order(payment: &mpsc::Sender<Charge>) -> Result<String, Box<dyn Error>> {
    // The first service starts the trace. Other services parse the header of a request: see `charge`.
    let context = Context::root();
    let _in_trace = context.enter();

    // Records that the span begins. When the guard is dropped, records its end and its duration.
    let span = span!("order.place", order_id = 7);
    info!("order.check ok");
    if let Some(context) = span.context() {
        payment.send(Charge {
            cents: 9_990,
            traceparent: context.to_string(),
        })?;
    }
    Ok(context.trace_id.to_string())
}

fn charge(Charge { cents, traceparent }: Charge) {
    match traceparent.parse::<Context>() {
        Ok(context) => {
            let _in_trace = context.enter();
            let _span = span!("payment.charge", cents);
            info!("payment.charge ok");
        }
        Err(why) => error!("payment.charge refused", %why),
    }
}
