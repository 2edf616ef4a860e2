//! Signals as orders: SIGTERM and SIGINT stop the service, SIGHUP has it read its configuration again.

use crate::service::Order;
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// The orders that signals give from now on. Called inside the runtime.
pub fn orders() -> io::Result<mpsc::Receiver<Order>> {
    // One waiting order of each kind is enough: a second reload reads no other file than the first.
    let (sender, orders) = mpsc::channel(4);
    for (kind, order) in [
        (SignalKind::terminate(), Order::Stop),
        (SignalKind::interrupt(), Order::Stop),
        (SignalKind::hangup(), Order::Reload),
    ] {
        let mut signals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if sender.send(order).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(orders)
}
