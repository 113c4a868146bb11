//! A reader that says more often where it stands than it is listened to: what it said before it acknowledged is not acted on afterwards.

use std::time::Duration;

use interoffice_certs::OfficeKeys;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Answer, BatchAck, Message, Outcome, Resume};
use interoffice_protocol::names::UserName;
use interoffice_protocol::statement::{Accept, Body, Request, Signed, Subject, link_id, verify};
use interoffice_tests::caller::{Call, Voice, id_of, read, scripted, soon};
use interoffice_tests::{Office, card, enable, import};
use quinn::{RecvStream, SendStream};

/// Longer than the pause in which a word on one link is put off, and the tick after it.
const PUT_OFF: Duration = Duration::from_millis(700);
/// A reader that a busy machine keeps from acknowledging within that pause is sent everything again by right: it tries again.
const ROUNDS: usize = 10;

fn user(name: &str) -> UserName {
    UserName::new(name).expect("a user name")
}

/// Waits for the request of the other office, stores it as an office does, and accepts it.
async fn accept(call: &mut Call, voice: &mut Voice<'_>, theirs: &OfficeKeys) -> LinkId {
    let asked: Signed = loop {
        match call.next().await {
            Some(Message::Statement(statement)) => break statement,
            Some(_) => {}
            None => panic!("the office hung up: {:?}", call.connection.close_reason()),
        }
    };
    call.send(Answer { statement: asked.hash(), outcome: Outcome::Stored }).await;
    let (link, request) = (link_id(&asked.payload), asked.hash());
    let asked = verify(asked, theirs.chain(), voice.keys.office(), 0).expect("it is signed");
    let Body::Request(Request { terms, .. }) = asked.body().clone() else { panic!("a request") };
    let about = Subject::Link { link, request, owner: user("ann"), reader: user("bob") };
    let accepted = voice.sign(about, &Body::Accept(Accept { terms }));
    assert_eq!(call.say(&accepted).await, Outcome::Stored, "the link is accepted");
    voice.said(&accepted);
    link
}

async fn say(lane: &mut SendStream, messages: &[Message]) {
    let bytes: Vec<u8> = messages.iter().flat_map(|message| message.to_frame().to_bytes()).collect();
    soon("room to send", lane.write_all(&bytes)).await.expect("the lane stands");
}

/// Takes the next batch; gives the words that acknowledge it.
async fn acknowledgement(lane: &mut RecvStream) -> BatchAck {
    loop {
        match soon("a batch", read(lane)).await {
            Some(Message::Batch(batch)) => {
                return BatchAck { link: batch.link, epoch: batch.epoch, to: batch.to, digest: batch.digest_after };
            }
            Some(_) => {}
            None => panic!("the data lane ended"),
        }
    }
}

/// INV-15, C-10: a word that was put off says that nothing is held; once batches were acknowledged it is old. Acted on, it would send
/// everything again, and a link deleted in that moment would expect no copy to be removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_was_put_off_is_forgotten_once_more_was_acknowledged() {
    let a = Office::open("Office A");
    enable(&a, "ann");
    let keys = scripted("Office M", &a);
    let ann = a.user("ann");
    ann.cli(&["link", "request", "Office M/bob"]).ok();
    let (address, to) = (a.address(), id_of(&a));
    let mut call = Call::greeted(&keys, address, to).await;
    let mut voice = Voice::new(&keys, to);
    let link = accept(&mut call, &mut voice, &OfficeKeys::load(&a.folder()).expect("its keys")).await;
    let records = import(a.user("ann"), &(card("Carl Client") + &card("Cora Client")));
    let mut args = vec!["record", "share", "--link", "Office M/bob", "--yes"];
    args.extend(records.iter().map(String::as_str));
    ann.cli(&args).ok();

    let mut theirs = soon("their data lane", call.connection.accept_uni()).await.expect("a stream");
    let first = acknowledgement(&mut theirs).await;
    let nothing: Message = Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY }.into();
    let mut ours = call.data(&[first.into()]).await;
    let mut again = 0;
    for _ in 0..ROUNDS {
        tokio::time::sleep(PUT_OFF).await;
        // The first is acted on at once, the second put off; what the first brings is acknowledged before that is over.
        say(&mut ours, &[nothing.clone(), nothing.clone()]).await;
        let came = acknowledgement(&mut theirs).await;
        say(&mut ours, &[came.into()]).await;
        if tokio::time::timeout(PUT_OFF, acknowledgement(&mut theirs)).await.is_err() {
            return;
        }
        again += 1;
    }
    panic!("{again} times out of {ROUNDS} everything was sent again after it had been acknowledged");
}
