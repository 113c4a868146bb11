//! The folder `keys`: one file a key, readable by its owner alone, replaced so that a crash leaves the old or the new set.
//!
//! A replacement writes each new key beside the old one (`….next`), then the chain, then renames. The chain is the point of no
//! return: whoever loads the folder keeps of each pair the file that the chain's newest set names.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, BASE64};
use interoffice_protocol::limits::CONTROL_FRAME_BYTES;
use interoffice_protocol::statement::{Chain, Signed, office_id};
use interoffice_protocol::wire::codec;
use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::secret::{SecretSeed, TlsKey, public_half};
use super::{KeyFault, OfficeKeys};
use crate::pin::spki_pin;

const FOLDER: &str = "keys";
const ROOT: &str = "root.key";
const STATEMENT: &str = "statement.key";
const TLS_KEY: &str = "tls.key";
const TLS_CERTIFICATE: &str = "tls.crt";
const CHAIN: &str = "chain";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const FILE_BYTES_MAX: u64 = CONTROL_FRAME_BYTES as u64;

type Bytes = Zeroizing<Vec<u8>>;

/// Writes a new folder of keys: under another name first, so that it appears whole or not at all.
pub(super) fn create(data: &Path, keys: &OfficeKeys) -> Result<(), KeyFault> {
    let folder = data.join(FOLDER);
    if fs::symlink_metadata(&folder).is_ok() {
        return Err(KeyFault::Exists(folder));
    }
    let draft = data.join(format!("{FOLDER}.new"));
    // What an interrupted set-up left behind was never in use.
    match fs::remove_dir_all(&draft) {
        Err(source) if source.kind() != ErrorKind::NotFound => return Err(io("remove", &draft)(source)),
        _ => {}
    }
    DirBuilder::new().mode(FOLDER_MODE).create(&draft).map_err(io("make the folder", &draft))?;
    write_new(&draft.join(ROOT), &seed_text("root", &keys.root))?;
    for (name, bytes) in replaceable(keys) {
        write_new(&draft.join(name), &bytes)?;
    }
    write_new(&draft.join(CHAIN), &codec::encode(&keys.chain.signed().to_vec()))?;
    sync_folder(&draft)?;
    fs::rename(&draft, &folder).map_err(|source| match source.kind() {
        ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => KeyFault::Exists(folder.clone()),
        _ => io("make the folder", &folder)(source),
    })?;
    sync_folder(data)
}

/// Puts the keys of a new set in place of those of the set before.
pub(super) fn replace(data: &Path, keys: &OfficeKeys) -> Result<(), KeyFault> {
    let folder = data.join(FOLDER);
    let names = replaceable(keys);
    for (name, bytes) in &names {
        write_over(&next(&folder, name), bytes)?;
    }
    sync_folder(&folder)?;
    write_over(&next(&folder, CHAIN), &codec::encode(&keys.chain.signed().to_vec()))?;
    rename_next(&folder, CHAIN)?;
    sync_folder(&folder)?;
    for (name, _) in &names {
        rename_next(&folder, name)?;
    }
    sync_folder(&folder)
}

/// Loads a folder of keys and checks that they belong together.
pub(super) fn load(data: &Path) -> Result<OfficeKeys, KeyFault> {
    let folder = data.join(FOLDER);
    let mode = match fs::metadata(&folder) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(source) if source.kind() == ErrorKind::NotFound => return Err(KeyFault::Missing(folder)),
        Err(source) => return Err(io("open", &folder)(source)),
    };
    check_mode(&folder, mode, FOLDER_MODE)?;

    let chain = read_chain(&folder.join(CHAIN))?;
    let root = read_seed("root", &folder.join(ROOT))?;
    if office_id(&public_half(&root)) != chain.office() {
        return Err(KeyFault::Foreign(folder.join(ROOT)));
    }
    let latest = chain.latest();
    let statement = settle(&folder, STATEMENT, |path| read_seed("statement", path), |seed| public_half(seed) == latest.statement_key)?;
    let tls = settle(&folder, TLS_KEY, read_tls_key, |key| chain.accepts_pin(&key.pin()))?;
    let pin = tls.pin();
    let certificate =
        settle(&folder, TLS_CERTIFICATE, read_certificate, |certificate| spki_pin(certificate).is_ok_and(|found| found == pin))?;
    Ok(OfficeKeys { root, statement, tls, certificate, chain })
}

/// Of a file and its replacement keeps the one that `fits` the newest key set, under the plain name.
fn settle<T>(folder: &Path, name: &str, read: impl Fn(&Path) -> Result<T, KeyFault>, fits: impl Fn(&T) -> bool) -> Result<T, KeyFault> {
    let (path, spare) = (folder.join(name), next(folder, name));
    let present = read(&path);
    if let Ok(value) = present
        && fits(&value)
    {
        return match fs::remove_file(&spare) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(io("remove", &spare)(source)),
            _ => Ok(value),
        };
    }
    if let Ok(value) = read(&spare)
        && fits(&value)
    {
        rename_next(folder, name)?;
        sync_folder(folder)?;
        return Ok(value);
    }
    // Neither fits: the plain file's own fault says most.
    read(&path).and(Err(KeyFault::Foreign(path)))
}

fn replaceable(keys: &OfficeKeys) -> [(&'static str, Bytes); 3] {
    [
        (STATEMENT, seed_text("statement", &keys.statement)),
        (TLS_KEY, pem("PRIVATE KEY", keys.tls.der())),
        (TLS_CERTIFICATE, pem("CERTIFICATE", keys.certificate.as_ref())),
    ]
}

fn seed_text(name: &str, seed: &SecretSeed) -> Bytes {
    let secret = Zeroizing::new(BASE32_NOPAD.encode(seed.expose()));
    Zeroizing::new(format!("{}{}\n", seed_header(name), *secret).into_bytes())
}

fn seed_header(name: &str) -> String {
    format!("interoffice {name} key, version 1, secret\n")
}

fn read_seed(name: &str, path: &Path) -> Result<SecretSeed, KeyFault> {
    let damaged = |why| KeyFault::Damaged { path: path.to_owned(), why };
    let bytes = read_secret(path)?;
    let secret = bytes.strip_prefix(seed_header(name).as_bytes()).ok_or(damaged("its first line is another"))?;
    let mut seed = Zeroizing::new([0; 32]);
    let secret = secret.trim_ascii_end();
    if secret.len() != BASE32_NOPAD.encode_len(seed.len()) {
        return Err(damaged("its second line has another length"));
    }
    BASE32_NOPAD.decode_mut(secret, seed.as_mut()).map_err(|_| damaged("its second line is not base32"))?;
    Ok(SecretSeed::new(*seed))
}

fn read_tls_key(path: &Path) -> Result<TlsKey, KeyFault> {
    let damaged = |why| KeyFault::Damaged { path: path.to_owned(), why };
    let der = unpem("PRIVATE KEY", &read_secret(path)?).ok_or(damaged("not one private key in PEM"))?;
    TlsKey::from_der(&der).map_err(|_| damaged("not a key of a known kind"))
}

fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, KeyFault> {
    let damaged = |why| KeyFault::Damaged { path: path.to_owned(), why };
    let der = unpem("CERTIFICATE", &read_file(path)?.0).ok_or(damaged("not one certificate in PEM"))?;
    Ok(CertificateDer::from(der.to_vec()))
}

fn read_chain(path: &Path) -> Result<Chain, KeyFault> {
    let (bytes, _) = read_file(path)?;
    let sets: Vec<Signed> =
        codec::decode_control(&bytes).map_err(|_| KeyFault::Damaged { path: path.to_owned(), why: "not a chain of key sets" })?;
    Ok(Chain::verify(&sets)?)
}

/// RFC 7468 text, lines of 64 characters.
fn pem(label: &str, der: &[u8]) -> Bytes {
    let body = Zeroizing::new(BASE64.encode(der));
    let mut text = Zeroizing::new(Vec::with_capacity(body.len() * 2 + 128));
    text.extend_from_slice(format!("-----BEGIN {label}-----\n").as_bytes());
    for line in body.as_bytes().chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    text
}

fn unpem(label: &str, text: &[u8]) -> Option<Bytes> {
    let body = text.strip_prefix(format!("-----BEGIN {label}-----\n").as_bytes())?;
    let body = body.trim_ascii_end().strip_suffix(format!("-----END {label}-----").as_bytes())?;
    let body = Zeroizing::new(body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>());
    BASE64.decode(&body).ok().map(Zeroizing::new)
}

fn read_secret(path: &Path) -> Result<Bytes, KeyFault> {
    let (bytes, mode) = read_file(path)?;
    check_mode(path, mode, FILE_MODE)?;
    Ok(bytes)
}

/// A file's content and mode, both of the one file that was opened.
fn read_file(path: &Path) -> Result<(Bytes, u32), KeyFault> {
    let fault = io("read", path);
    let file = File::open(path).map_err(fault)?;
    let mode = file.metadata().map_err(fault)?.permissions().mode();
    // A buffer that never grows leaves no copies of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX as usize + 1));
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(KeyFault::Damaged { path: path.to_owned(), why: "longer than any file of keys" });
    }
    Ok((bytes, mode))
}

fn check_mode(path: &Path, mode: u32, right: u32) -> Result<(), KeyFault> {
    let mode = mode & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFault::ReadableByOthers { path: path.to_owned(), mode, right }) }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyFault> {
    let fault = io("write", path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)
}

/// Writes a file that only an interrupted replacement can have left behind.
fn write_over(path: &Path, bytes: &[u8]) -> Result<(), KeyFault> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(io("remove", path)(source)),
        _ => write_new(path, bytes),
    }
}

fn next(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.next"))
}

fn rename_next(folder: &Path, name: &str) -> Result<(), KeyFault> {
    let path = folder.join(name);
    fs::rename(next(folder, name), &path).map_err(io("replace", &path))
}

fn sync_folder(folder: &Path) -> Result<(), KeyFault> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))
}

fn io(doing: &'static str, path: &Path) -> impl Fn(std::io::Error) -> KeyFault + Copy {
    move |source| KeyFault::Io { doing, path: path.to_owned(), source }
}
