//! The consoles of both offices, with somebody to sign in as: Ann, Bob, and an administrator at each.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;

use super::super::client::{Client, segment};
use super::super::exit::{Exit, Failure};
use super::super::output::text;
use super::office::Office;
use super::{A, B, Stage};
use crate::api::BASE;
use crate::clock;

/// Letters of a password that nobody takes for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567895";

/// Gives everybody a password, and says where they sign in.
pub(super) async fn open(stage: &Stage, browser: bool) -> Result<String, Failure> {
    let password = password();
    let (a, b) = (address(&stage.desk_a).await?, address(&stage.desk_b).await?);
    for (office, desk, door, users) in [(&stage.a, &stage.desk_a, a, ["ann", "rita"]), (&stage.b, &stage.desk_b, b, ["bob", "omar"])] {
        for user in users {
            let invited: Value = desk.post(&format!("/users/{}/invite", segment(user)), &json!({})).await?;
            let link = text(&invited, "link");
            let token = link.split_once('#').map_or("", |(_, token)| token);
            set_password(office, door, &json!({ "token": token, "password": password })).await?;
        }
    }
    let opened = if browser { format!("\n{}", start_browser(&format!("https://{a}/")).await) } else { String::new() };
    Ok(format!(
        "
In a browser (it warns of the certificates, which these offices signed themselves):

  {A:<18} https://{a}/   ann, or the administrator rita
  {B:<18} https://{b}/   bob, or the administrator omar
  {:<18} {password}
{opened}",
        "password of all"
    ))
}

/// Sixteen letters and digits in groups of four: as much chance as nobody guesses.
fn password() -> String {
    let bytes: [u8; 16] = clock::random();
    let letters: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-")
}

async fn address(desk: &Client) -> Result<SocketAddr, Failure> {
    let status: Value = desk.get("/status").await?;
    text(&status["daemon"], "http").parse().map_err(|_| failed("the http door is shut"))
}

fn failed(why: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, format!("a password could not be set: {why}"))
}

/// Uses the link of an invitation, at the door where people use it.
async fn set_password(office: &Office, door: SocketAddr, body: &Value) -> Result<(), Failure> {
    let tcp = TcpStream::connect(door).await?;
    let connector = TlsConnector::from(trusting(office.folder())?);
    let stream = connector.connect(ServerName::from(door.ip()), tcp).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let request = Request::post(format!("{BASE}/passes/use")).header("host", door.to_string()).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(body.to_string()))).map_err(failed)?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    driver.abort();
    if answer.status() == StatusCode::OK { Ok(()) } else { Err(failed(answer.status())) }
}

/// Trusts the certificate of this office and no other.
fn trusting(folder: &Path) -> Result<Arc<ClientConfig>, Failure> {
    let certificate = CertificateDer::from_pem_file(folder.join("web/certificate.pem")).map_err(failed)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(failed)?;
    let config = ClientConfig::builder_with_provider(Arc::new(interoffice_certs::provider()));
    let config = config.with_safe_default_protocol_versions().map_err(failed)?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Starts the browser of this machine; what to tell about it.
async fn start_browser(address: &str) -> String {
    for program in ["xdg-open", "open"] {
        let started = Command::new(program).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
        if started.is_ok_and(|status| status.success()) {
            return format!("  {address} is opened in your browser.\n");
        }
    }
    "  No browser could be started here: open the address yourself.\n".to_owned()
}
