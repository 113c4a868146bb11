//! Secrets of people and programs: how passwords are hashed, tokens made, codes of a second factor checked. Nothing here is kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use interoffice_core::domain::refusal::Refusal;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::clock;

/// Memory of one hash (KiB) and passes over it: above the least that OWASP names (19 MiB, 2), so that a guess takes 100 ms and more.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// Hashes made at once: two cores may be busy with guesses, not the whole machine and its memory.
const AT_ONCE: usize = 2;
/// Of these, how many for people who are not known yet: whoever guesses never takes the turn of somebody who signed in here before.
const STRANGERS_AT_ONCE: usize = 1;
/// Most strangers who wait for a turn; the next is told so at once.
const STRANGERS_WAIT: usize = 8;
/// How long somebody waits for a turn.
const TURN: Duration = Duration::from_secs(10);
/// Bytes of the secret of a second factor: RFC 4226 recommends 160 bits.
const TOTP_BYTES: usize = 20;

/// A password, code or token that somebody sent: it can't be printed by accident, and is wiped when it is no longer needed.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(from = "String")]
#[schema(value_type = String)]
pub(crate) struct Secret(Zeroizing<String>);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::ops::Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Hashes passwords, a few at a time.
#[derive(Clone)]
pub(crate) struct Passwords {
    room: Arc<Semaphore>,
    /// What a stranger needs beside a place in the room.
    strangers: Arc<Semaphore>,
    /// Places before the room for strangers.
    waiting: Arc<Semaphore>,
    /// The hash of a password that nobody knows, for those who are not there: their guesses take as long as others'.
    nobody: Arc<str>,
}

fn argon2() -> Argon2<'static> {
    // The numbers are constants within the library's bounds; the default is as good as a stop.
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The Argon2id hash of a password with fresh salt, in the form that names its parameters. Takes a tenth of a second and more.
pub(crate) fn hash_password(password: &str) -> Result<String, Refusal> {
    let salt: [u8; 16] = clock::random();
    let hash: Result<argon2::password_hash::phc::PasswordHash, _> = argon2().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|error| Refusal::invalid("bad-password", format!("this password can't be kept: {error}"), "choose another one"))
}

fn is_right(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Who gives a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comes {
    /// Somebody about whom nothing is known, so far.
    Stranger,
    /// Somebody who has a session, a link, or a device on which this user signed in before.
    Familiar,
}

fn busy() -> Refusal {
    Refusal::conflict("busy", "too many people sign in at once", "wait a few seconds and try again")
}

impl Passwords {
    /// What hashes passwords; making it hashes one.
    pub(crate) fn new() -> Self {
        let unknown = BASE64URL_NOPAD.encode(&clock::random::<32>());
        let nobody = hash_password(&unknown).unwrap_or_default();
        let room = |places| Arc::new(Semaphore::new(places));
        Self { room: room(AT_ONCE), strangers: room(STRANGERS_AT_ONCE), waiting: room(STRANGERS_WAIT), nobody: nobody.into() }
    }

    /// Waits until it is the turn of whoever asks: what is held while the work goes on.
    async fn place(&self, from: Comes) -> Result<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>), Refusal> {
        let wait = async {
            let stranger = match from {
                Comes::Familiar => None,
                Comes::Stranger => {
                    let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
                    Some(Arc::clone(&self.strangers).acquire_owned().await.map_err(|_| busy())?)
                }
            };
            let place = Arc::clone(&self.room).acquire_owned().await.map_err(|_| busy())?;
            Ok((place, stranger))
        };
        tokio::time::timeout(TURN, wait).await.unwrap_or_else(|_| Err(busy()))
    }

    /// Does `work` on a thread where it may take its time, when its turn comes.
    async fn turn<T: Send + 'static>(&self, from: Comes, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let place = self.place(from).await?;
        let done = tokio::task::spawn_blocking(move || {
            let end = work();
            drop(place);
            end
        });
        done.await.map_err(|_| busy())
    }

    /// The hash of a password that somebody may set, by a link or in a session.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Refusal> {
        self.turn(Comes::Familiar, move || hash_password(&password)).await?
    }

    /// Whether a password is the one behind `hash`; without a hash it is not, and that takes as long to say.
    pub(crate) async fn verify(&self, from: Comes, password: Secret, hash: Option<String>) -> Result<bool, Refusal> {
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.to_string()));
        self.turn(from, move || is_right(&password, &hash) && known).await
    }
}

/// A fresh secret of 256 bits as text, and the hash that is kept of it.
pub(crate) fn token(prefix: &str) -> (Zeroizing<String>, [u8; 32]) {
    let text = Zeroizing::new(format!("{prefix}{}", BASE64URL_NOPAD.encode(&clock::random::<32>())));
    let hash = hash_token(&text);
    (text, hash)
}

/// What is kept of a token. It is random and long, so one quick hash is enough.
pub(crate) fn hash_token(text: &str) -> [u8; 32] {
    Sha256::digest(text.trim().as_bytes()).into()
}

/// A fresh secret for a second factor.
pub(crate) fn totp_secret() -> [u8; TOTP_BYTES] {
    clock::random()
}

fn totp(secret: &[u8], user: &str, office: &str) -> Option<Totp> {
    // A colon would end the name in the address that the app reads.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new().with_secret(secret.to_vec()).with_account_name(plain(user)).with_issuer(Some(plain(office))).build().ok()
}

/// The secret in the form that people type, and the address that an app reads.
pub(crate) fn show_totp(secret: &[u8], user: &str, office: &str) -> Option<(String, String)> {
    let url = totp(secret, user, office)?.to_url().ok()?;
    Some((BASE32_NOPAD.encode(secret), url))
}

/// The time step whose code this is, within one step before and after now.
pub(crate) fn totp_step(secret: &[u8], code: &str) -> Option<i64> {
    let seconds = u64::try_from(clock::now_ms() / 1000).ok()?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp(secret, "", "")?.check(&code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// A recovery code: 80 bits in four groups, and the hash that is kept of it.
pub(crate) fn recovery_code() -> (String, [u8; 32]) {
    let text = BASE32_NOPAD.encode(&clock::random::<10>()).to_lowercase();
    let groups: Vec<&str> = (0..4).filter_map(|group| text.get(group * 4..group * 4 + 4)).collect();
    let code = groups.join("-");
    let hash = hash_recovery_code(&code);
    (code, hash)
}

/// What is kept of a recovery code; spaces, dashes and letter case make no difference.
pub(crate) fn hash_recovery_code(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    Sha256::digest(plain.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_its_hash_names_argon2id_and_its_cost() {
        let passwords = Passwords::new();
        let secret = |text: &str| Secret::from(text.to_owned());
        let hash = passwords.hash(secret("copper kettle")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hash}");
        assert!(passwords.verify(Comes::Familiar, secret("copper kettle"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(Comes::Familiar, secret("copper kettel"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(Comes::Familiar, secret("copper kettle"), None).await.unwrap());
    }

    #[tokio::test]
    async fn r_20_strangers_who_guess_wait_for_each_other_and_nobody_who_is_known_waits_for_them() {
        let passwords = Passwords::new();
        let guess = || {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.place(Comes::Stranger).await.map(|_| ()) })
        };
        let held = passwords.place(Comes::Stranger).await.unwrap();
        let waiting: Vec<_> = (0..STRANGERS_WAIT + 8).map(|_| guess()).collect();
        tokio::task::yield_now().await;
        assert_eq!(passwords.room.available_permits(), AT_ONCE - 1, "one stranger alone is in the room");
        let known = passwords.place(Comes::Familiar).await;
        assert!(known.is_ok(), "a place is left for who is known");
        drop((held, known));
        let mut refused = 0;
        for guess in waiting {
            refused += usize::from(guess.await.unwrap().is_err_and(|refusal| refusal.code == "busy"));
        }
        assert_eq!(refused, 8, "who finds the queue full is told so, the others get their turn");
    }

    #[test]
    fn codes_of_a_second_factor_count_in_their_time_and_recovery_codes_however_they_are_typed() {
        let secret = totp_secret();
        let (_, url) = show_totp(&secret, "ann", "Alder: Law").unwrap();
        assert!(url.starts_with("otpauth://totp/"), "{url}");
        let seconds = u64::try_from(clock::now_ms() / 1000).unwrap();
        let code = |seconds: u64| totp(&secret, "", "").unwrap().generate(seconds).to_string();
        assert_eq!(totp_step(&secret, &code(seconds)), Some(i64::try_from(seconds / 30).unwrap()));
        assert_eq!(totp_step(&secret, &code(seconds + 3600)), None);
        assert_eq!(totp_step(&secret, "nonsense"), None);
        let (code, hash) = recovery_code();
        assert_eq!(code.len(), 19, "{code}");
        assert_eq!(hash_recovery_code(&code.to_uppercase().replace('-', " ")), hash);
    }

    #[test]
    fn tokens_are_256_bits_and_never_twice_the_same() {
        let (first, hash) = token("iot_");
        assert_eq!(first.len(), 4 + 43);
        assert_eq!(hash_token(&first), hash);
        assert_ne!(*token("iot_").0, *first);
    }
}
