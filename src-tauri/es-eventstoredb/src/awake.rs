//! Being woken by the server: a subscription to `$all` that only shortens the wait of those who look again from time to time.
//!
//! The client library's subscription has two faults that must not reach anybody else: when the server ends it with OK, it spins
//! for ever without yielding (no time-out can end that), and it panics over messages that it does not know. It runs in a task of
//! its own, where its only sign of life while it spins, a log message per turn, ends it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use eventstore::{StreamPosition, SubscribeToAllOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::connection::Connection;
use crate::limits::{EMPTY_MESSAGES, SUBSCRIPTION_PAUSE, SUBSCRIPTION_SILENCE};

/// Wakes whoever waits on `woken` whenever the server tells of an event, until cancelled.
pub(crate) async fn stay_awake(connection: Arc<Connection>, woken: watch::Sender<u64>, cancel: CancellationToken) {
    while !cancel.is_cancelled() {
        let breaker = Breaker::default();
        let empty = Arc::clone(&breaker.empty);
        let listening = listen(Arc::clone(&connection), woken.clone(), empty).with_subscriber(breaker);
        let mut task = tokio::spawn(listening);
        tokio::select! {
            () = cancel.cancelled() => task.abort(),
            // It may have ended by a panic: that is how a spinning one is stopped.
            _ = &mut task => {}
        }
        // Something may have come after it ended.
        woken.send_modify(|count| *count += 1);
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(SUBSCRIPTION_PAUSE) => {}
        }
    }
}

/// Listens until the subscription ends or says nothing for so long that it may hang.
async fn listen(connection: Arc<Connection>, woken: watch::Sender<u64>, empty: Arc<AtomicU32>) {
    let Ok(client) = connection.client().await else { return };
    let mut options = SubscribeToAllOptions::default().position(StreamPosition::End);
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let mut subscription = client.client.subscribe_to_all(&options).await;
    loop {
        empty.store(0, Ordering::Relaxed);
        match tokio::time::timeout(SUBSCRIPTION_SILENCE, subscription.next_subscription_event()).await {
            Ok(Ok(_)) => woken.send_modify(|count| *count += 1),
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// Ends a task whose subscription does nothing but warn: unwinds through it, without a message, since it is expected.
#[derive(Default)]
struct Breaker {
    /// Warnings since the last message with a meaning.
    empty: Arc<AtomicU32>,
}

impl Subscriber for Breaker {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() == Level::WARN && metadata.target().starts_with("kurrentdb::commands")
    }

    fn new_span(&self, _attributes: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {
        if self.empty.fetch_add(1, Ordering::Relaxed) >= EMPTY_MESSAGES {
            let ended: Box<dyn Any + Send> = Box::new("the subscription has ended");
            std::panic::resume_unwind(ended);
        }
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use es_testkit::eventstoredb::{Ending, Options, TestServer};
    use es_testkit::run;
    use eventstore::{AppendToStreamOptions, EventData};

    use super::*;
    use crate::config::EventStoreDbConfig;

    #[test]
    fn a_subscription_that_ended_with_ok_is_replaced_and_wakes_again() {
        // On a thread of its own: one that spins would keep the runtime, and so the test, from ending.
        let (ended, awaited) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            run(subscriptions_are_replaced());
            ended.send(()).expect("somebody waits");
        });
        awaited.recv_timeout(Duration::from_secs(60)).expect("it is over in time, and nothing failed");
    }

    async fn subscriptions_are_replaced() {
        let server = TestServer::start(Options { caught_up: false, ..Options::default() });
        let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
        let connection = Arc::new(Connection::new(config));
        let (woken, cancel) = (watch::Sender::new(0), CancellationToken::new());
        let awake = tokio::spawn(stay_awake(Arc::clone(&connection), woken.clone(), cancel.clone()));
        let client = connection.client().await.expect("a client").client;
        for how in [Ending::Ok, Ending::Error, Ending::Ok] {
            // Each turn ends the subscription, and then looks whether events still wake.
            tokio::time::sleep(Duration::from_millis(100)).await;
            server.end_subscriptions(how);
            tokio::time::sleep(SUBSCRIPTION_PAUSE * 3).await;
            let mut listening = woken.subscribe();
            let event = EventData::binary("Rang", Vec::new().into());
            client.append_to_stream("bell-1", &AppendToStreamOptions::default(), event).await.expect("an append");
            let heard = tokio::time::timeout(Duration::from_secs(20), listening.changed()).await;
            heard.unwrap_or_else(|_| panic!("{how:?}: nobody was woken")).expect("somebody listens");
        }
        cancel.cancel();
        awake.await.expect("it ends when told to");
    }
}
