//! Bounded queues between the doors, which wait without blocking, and the threads of the store, which block.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One bounded first-in-first-out queue a priority; the first queue goes first.
#[derive(Debug)]
pub(super) struct Queue<T, const PRIORITIES: usize> {
    state: Mutex<State<T, PRIORITIES>>,
    arrived: Condvar,
    room: [Arc<Semaphore>; PRIORITIES],
}

#[derive(Debug)]
struct State<T, const PRIORITIES: usize> {
    /// Each waiting item holds a permit, so that a queue never grows past its bound.
    waiting: [VecDeque<(T, OwnedSemaphorePermit)>; PRIORITIES],
    closed: bool,
}

/// The queue takes nothing any more.
#[derive(Debug)]
pub(super) struct Closed;

impl<T, const PRIORITIES: usize> Queue<T, PRIORITIES> {
    /// An empty queue with room for `room` items of each priority.
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::new(State { waiting: std::array::from_fn(|_| VecDeque::new()), closed: false }),
            arrived: Condvar::new(),
            room: std::array::from_fn(|_| Arc::new(Semaphore::new(room))),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T, PRIORITIES>> {
        // Nothing between lock and unlock can leave the state half changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `item` at the end of queue `priority`, waiting until there is room.
    pub(super) async fn push(&self, priority: usize, item: T) -> Result<(), Closed> {
        let permit = Arc::clone(&self.room[priority]).acquire_owned().await.map_err(|_| Closed)?;
        let mut state = self.state();
        if state.closed {
            return Err(Closed);
        }
        state.waiting[priority].push_back((item, permit));
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next item, blocking until there is one; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.take() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next item if one waits now.
    pub(super) fn try_pop(&self) -> Option<T> {
        self.state().take()
    }

    /// Takes nothing more in; what waits is still handed out.
    pub(super) fn close(&self) {
        self.state().closed = true;
        for room in &self.room {
            room.close();
        }
        self.arrived.notify_all();
    }
}

impl<T, const PRIORITIES: usize> State<T, PRIORITIES> {
    fn take(&mut self) -> Option<T> {
        self.waiting.iter_mut().find_map(VecDeque::pop_front).map(|(item, _)| item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_priority_goes_first_and_each_keeps_its_order() {
        let queue = Queue::<_, 3>::new(8);
        for (priority, item) in [(2, "prune"), (1, "batch"), (0, "ann"), (1, "next batch"), (0, "bob")] {
            queue.push(priority, item).await.unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
        assert_eq!(order, ["ann", "bob", "batch", "next batch", "prune"]);
    }

    #[tokio::test]
    async fn a_full_queue_makes_its_caller_wait_and_no_other() {
        let queue = Arc::new(Queue::<_, 2>::new(1));
        queue.push(0, 1).await.unwrap();
        queue.push(1, 2).await.unwrap();
        let waiting = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.push(0, 3).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "the queue has room for one");
        assert_eq!(queue.pop(), Some(1));
        waiting.await.unwrap().unwrap();
        assert_eq!((queue.pop(), queue.pop()), (Some(3), Some(2)));
    }

    #[tokio::test]
    async fn a_closed_queue_hands_out_what_waits_and_takes_nothing() {
        let queue = Queue::<_, 1>::new(4);
        queue.push(0, 1).await.unwrap();
        queue.close();
        assert!(queue.push(0, 2).await.is_err());
        assert_eq!((queue.pop(), queue.pop()), (Some(1), None));
    }
}
