//! The door over a way that a test holds: what goes out, what is put off, and what a stop does to a mail on its way.

use std::path::Path;
use std::sync::{Arc, Mutex};

use interoffice_core::actions::mails::{MailQuery, MailView, Test};
use interoffice_core::actions::users::{self, NewUser};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::user::Account;

use super::transport::Memory;
use super::*;
use crate::house::testing;

/// A house with Rita, who administers it, and the door over a way in memory.
struct Post {
    house: House,
    memory: Arc<Mutex<Memory>>,
    door: JoinHandle<()>,
}

impl Post {
    async fn open(folder: &Path, memory: Memory) -> Self {
        let house = testing::open(folder).await;
        let rita = NewUser { name: "rita".into(), email: "rita@a.example".into(), account: Account::Admin, ..NewUser::default() };
        house.write(Priority::People, move |tx| users::add(tx, &Actor::Operator, &rita)).await.unwrap();
        let memory = Arc::new(Mutex::new(memory));
        let from = envelope::from("Office A <office@a.example>").unwrap();
        let sender = Sender { domain: "a.example".into(), console: "https://a.example".into() };
        let door = MailDoor { house: house.clone(), from, sender, transport: Transport::Memory(Arc::clone(&memory)), lost: true };
        Self { house, memory, door: door.start() }
    }

    async fn test(&self) -> i64 {
        self.house.write(Priority::People, |tx| mails::test(tx, &Actor::Operator, &Test { user: Some("rita".into()) })).await.unwrap().id
    }

    async fn retry(&self, id: i64) {
        self.house.write(Priority::People, move |tx| mails::retry(tx, &Actor::Operator, id)).await.unwrap();
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap())
    }

    async fn mail(&self, id: i64) -> MailView {
        let mails = self.house.read(|view| mails::list(view, &Actor::Operator, &MailQuery::default())).await.unwrap();
        mails.items.into_iter().find(|mail| mail.id == id).unwrap()
    }

    /// Waits until the mail is in this state with this reason.
    async fn until(&self, id: i64, state: &str, reason: &str) -> MailView {
        for _ in 0..1_000 {
            let mail = self.mail(id).await;
            if mail.state == state && mail.reason == reason {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?} never became {state} ({reason})", self.mail(id).await);
    }

    async fn close(self) {
        self.house.stop();
        tokio::time::timeout(LAST_MAIL * 2, self.door).await.unwrap().unwrap();
        self.house.close();
    }
}

#[tokio::test]
async fn the_bell_sends_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path(), Memory::default()).await;
    for _ in 0..3 {
        let id = post.test().await;
        post.until(id, "sent", "").await;
    }
    let taken = post.with(|memory| memory.taken.clone());
    assert_eq!(taken.len(), 3);
    assert!(taken[0].contains("To: rita <rita@a.example>") && taken[0].contains("Subject: Test message from Office A"), "{}", taken[0]);
    post.close().await;
}

#[tokio::test]
async fn a_refusal_for_good_ends_a_mail_and_another_puts_it_off() {
    let folder = tempfile::tempdir().unwrap();
    let answers = vec![Refused::Later("it answered 451".into()), Refused::ForGood("it answered 550".into())];
    let post = Post::open(folder.path(), Memory { answers, ..Memory::default() }).await;
    let (first, second) = (post.test().await, post.test().await);
    let failed = post.until(first, "failed", "it answered 550").await;
    let waits = post.until(second, "waiting", "it answered 451").await;
    assert_eq!((failed.attempts, waits.attempts), (1, 1));
    assert!(waits.next_try_ms.unwrap() > clock::now_ms() + 30_000);
    for id in [first, second] {
        post.retry(id).await;
    }
    let message_ids = [first, second].map(|id| post.until(id, "sent", ""));
    for (sent, before) in message_ids.into_iter().zip([failed, waits]) {
        assert_eq!(sent.await.message_id, before.message_id, "a doubled mail is recognised");
    }
    post.close().await;
}

#[tokio::test]
async fn a_way_that_is_blocked_puts_everything_off_and_the_next_mail_takes_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path(), Memory { is_blocked: true, ..Memory::default() }).await;
    let ids = [post.test().await, post.test().await, post.test().await];
    for id in ids {
        post.until(id, "waiting", "the mail server is not reachable: blocked").await;
    }
    post.with(|memory| memory.is_blocked = false);
    let last = post.test().await;
    for id in [ids[0], ids[1], ids[2], last] {
        post.until(id, "sent", "").await;
    }
    assert_eq!(post.with(|memory| memory.taken.len()), 4);
    post.close().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_mail_that_never_ends() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path(), Memory { hangs: true, ..Memory::default() }).await;
    let id = post.test().await;
    while post.with(|memory| memory.taken.is_empty()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(post.mail(id).await.state, "waiting", "what became of it is not known");
    post.close().await;
}

#[test]
fn a_pause_is_short_and_never_negative() {
    assert_eq!([-5, 0, 1, 90_000].map(pause), [None, None, Some(Duration::from_millis(1)), Some(LOOK)]);
    assert_eq!(pause(i64::MIN), None);
}
