//! How long a property takes over the user's bus: of a session, and of systemd's own manager, in turns over one
//! connection. `bus_latency SESSION-ID` prints both medians, in µs, and their ratio.

use std::time::Instant;
use zbus::Connection;

const CALLS: usize = 500;

/// A property: whose, where, of what interface, and its name.
type Property<'a> = (&'a str, &'a str, &'a str, &'a str);

async fn get(connection: &Connection, (name, path, interface, property): Property<'_>) -> f64 {
    let began = Instant::now();
    let properties = Some("org.freedesktop.DBus.Properties");
    let answer = connection.call_method(Some(name), path, properties, "Get", &(interface, property)).await;
    answer.unwrap_or_else(|error| panic!("{property} of {name}: {error}"));
    began.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let id = std::env::args().nth(1).expect("bus_latency SESSION-ID");
    let path = format!("/org/scarab/Sessions1/session/{id}");
    let ours = ("org.scarab.Sessions1", path.as_str(), "org.scarab.Sessions1.Session", "Name");
    let manager = "org.freedesktop.systemd1";
    let theirs = (manager, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "Version");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (ours, theirs) = runtime.block_on(async {
        let connection = Connection::session().await.expect("the user's bus");
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..CALLS {
            a.push(get(&connection, ours).await);
            b.push(get(&connection, theirs).await);
        }
        (median(a), median(b))
    });
    println!("a session's property: {ours:.0} µs, systemd's: {theirs:.0} µs, ratio {:.2}", ours / theirs);
}
