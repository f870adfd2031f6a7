//! Readers: threads with read-only connections of their own, so that no read ever blocks an async thread or the lane.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use es_core::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::error::Fault;
use crate::open::{Access, OpenOptions, connect};

/// Reads that may be under way or waiting before further callers are held back.
const QUEUED_READS: usize = 1024;

type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

/// The pool.
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    queue: Mutex<Option<Sender<Work>>>,
    permits: Semaphore,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts the threads; each connects at its first read.
    pub fn start(path: &Arc<PathBuf>, access: Access, options: &OpenOptions) -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Work>();
        let receiver = Arc::new(Mutex::new(receiver));
        let count = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4));
        let threads = (0..count)
            .map(|index| {
                let (path, options, receiver) = (Arc::clone(path), options.clone(), Arc::clone(&receiver));
                std::thread::Builder::new()
                    .name(format!("event-reader-{index}"))
                    .spawn(move || serve(&path, access, &options, &receiver))
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self {
            path: Arc::clone(path),
            queue: Mutex::new(Some(sender)),
            permits: Semaphore::new(QUEUED_READS),
            threads: Mutex::new(threads),
        })
    }

    /// Runs a read on one of the threads. If the caller goes away before it began, it never begins.
    pub async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job: Work = Box::new(move |connection| {
            if reply.is_closed() {
                return;
            }
            let started = Instant::now();
            let answer = connection.and_then(|connection| {
                work(connection).map_err(|fault| fault.into_store_error(&path, operation, started.elapsed()))
            });
            let _ = reply.send(answer);
        });
        match &*self.queue.lock() {
            Some(queue) => queue.send(job).map_err(|_| StoreError::Closed)?,
            None => return Err(StoreError::Closed),
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Whether the pool takes no further reads.
    pub fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Takes no further reads and waits for those under way.
    pub fn close(&self) {
        self.permits.close();
        drop(self.queue.lock().take());
        for thread in std::mem::take(&mut *self.threads.lock()) {
            let _ = thread.join();
        }
    }
}

fn serve(path: &PathBuf, access: Access, options: &OpenOptions, queue: &Mutex<Receiver<Work>>) {
    let mut connection: Option<Connection> = None;
    loop {
        // The lock is held while waiting: one idle thread listens, the others queue behind it.
        let next = queue.lock().recv();
        let Ok(work) = next else { break };
        if connection.is_none() {
            match connect(path, access, options) {
                Ok(opened) => connection = Some(opened),
                Err(fault) => {
                    work(Err(fault.into_store_error(path, "opening a reader", options.lock_timeout)));
                    continue;
                }
            }
        }
        if let Some(connection) = &connection {
            work(Ok(connection));
        }
    }
}
