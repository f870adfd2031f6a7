//! Readers: threads with read-only connections of their own, so that no read ever blocks an async thread or the lane.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use es_core::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::awake::look_for_a_while;
use crate::error::Fault;
use crate::open::{Access, OpenOptions, connect};

/// Reads that may be under way or waiting before further callers are held back.
const QUEUED_READS: usize = 1024;

/// A read. What it returns tells its caller the answer.
type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Tell + Send>;
type Tell = Box<dyn FnOnce() + Send>;

/// The pool.
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    desk: Arc<Mutex<Desk>>,
    permits: Semaphore,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Who is free and what waits. Never both.
#[derive(Default)]
struct Desk {
    closed: bool,
    waiting: VecDeque<Work>,
    /// Free threads; the last to become free is the first to be asked, because its page cache is the warmest.
    free: Vec<Sender<Option<Work>>>,
}

impl Readers {
    /// Starts the threads; each connects at its first read.
    pub fn start(path: &Arc<PathBuf>, access: Access, options: &OpenOptions) -> std::io::Result<Self> {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let count = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4));
        let threads = (0..count)
            .map(|index| {
                let (inbox, work) = channel();
                let mut reader = Reader {
                    path: Arc::clone(path),
                    access,
                    options: options.clone(),
                    desk: Arc::clone(&desk),
                    connection: None,
                };
                let run = move || reader.serve(&inbox, &work);
                std::thread::Builder::new().name(format!("event-reader-{index}")).spawn(run)
            })
            .collect::<std::io::Result<_>>()?;
        let permits = Semaphore::new(QUEUED_READS);
        Ok(Self { path: Arc::clone(path), desk, permits, threads: Mutex::new(threads) })
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
                return Box::new(|| ());
            }
            let started = Instant::now();
            let answer = connection.and_then(|connection| {
                work(connection).map_err(|fault| fault.into_store_error(&path, operation, started.elapsed()))
            });
            Box::new(move || drop(reply.send(answer)))
        });
        self.hand_over(job)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn hand_over(&self, job: Work) -> Result<(), StoreError> {
        let mut desk = self.desk.lock();
        if desk.closed {
            return Err(StoreError::Closed);
        }
        match desk.free.pop() {
            Some(thread) => thread.send(Some(job)).map_err(|_| StoreError::Closed),
            None => {
                desk.waiting.push_back(job);
                Ok(())
            }
        }
    }

    /// Whether the pool takes no further reads.
    pub fn is_closed(&self) -> bool {
        self.desk.lock().closed
    }

    /// Takes no further reads, finishes those that wait, and ends the threads.
    pub fn close(&self) {
        self.permits.close();
        {
            let mut desk = self.desk.lock();
            desk.closed = true;
            // Sent to the free ones; the busy ones see `closed` when they are done.
            for thread in desk.free.drain(..) {
                let _ = thread.send(None);
            }
        }
        for thread in std::mem::take(&mut *self.threads.lock()) {
            let _ = thread.join();
        }
    }
}

struct Reader {
    path: Arc<PathBuf>,
    access: Access,
    options: OpenOptions,
    desk: Arc<Mutex<Desk>>,
    connection: Option<Connection>,
}

/// What a thread does next.
enum Next {
    Read(Work),
    /// It is among the free ones.
    Wait,
    End,
}

impl Reader {
    /// Takes what waits, else reports as free and sleeps until asked. Ends when the pool closes and nothing waits.
    fn serve(&mut self, inbox: &Sender<Option<Work>>, asked: &Receiver<Option<Work>>) {
        let mut done: Option<Tell> = None;
        loop {
            let next = self.next(inbox);
            // A caller who is told before and comes back at once would be sent to a thread that sleeps, with a colder page cache.
            if let Some(tell) = done.take() {
                tell();
            }
            let work = match next {
                Next::Read(work) => Some(work),
                Next::Wait => look_for_a_while(|| asked.try_recv().ok()).or_else(|| asked.recv().ok()).flatten(),
                Next::End => None,
            };
            match work {
                Some(work) => done = self.answer(work),
                None => return,
            }
        }
    }

    fn next(&self, inbox: &Sender<Option<Work>>) -> Next {
        let mut desk = self.desk.lock();
        match desk.waiting.pop_front() {
            Some(work) => Next::Read(work),
            None if desk.closed => Next::End,
            None => {
                desk.free.push(inbox.clone());
                Next::Wait
            }
        }
    }

    fn answer(&mut self, work: Work) -> Option<Tell> {
        if self.connection.is_none() {
            match connect(&self.path, self.access, &self.options) {
                Ok(opened) => self.connection = Some(opened),
                Err(fault) => {
                    let path: &Path = &self.path;
                    let error = fault.into_store_error(path, "opening a reader", self.options.lock_timeout);
                    return Some(work(Err(error)));
                }
            }
        }
        self.connection.as_ref().map(|connection| work(Ok(connection)))
    }
}
