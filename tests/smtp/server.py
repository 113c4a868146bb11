#!/usr/bin/env python3
"""A mail server for stories: takes mails over STARTTLS from whoever signs in, and keeps each in a file.

Who a mail is for decides what becomes of it: unknown@... is refused for good, later@... for now, silent@... never gets an answer.
"""

import argparse
import asyncio
import ssl
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult


class Post:
    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "unknown":
            return f"550 5.1.1 <{address}> nobody of this name"
        if name == "later":
            return f"451 4.7.1 <{address}> come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("silent@") for address in envelope.rcpt_tos):
            await asyncio.sleep(3600)
        half = self.folder / f"{uuid.uuid4()}.part"
        way = "tls" if session.ssl else "plain"
        head = f"X-Way: {way}\r\nX-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n"
        half.write_bytes(head.encode() + envelope.original_content)
        half.rename(half.with_suffix(".eml"))
        return "250 2.0.0 taken"


async def serve(arguments):
    tls = None
    if not arguments.without_tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.certificate, arguments.key)

    def authenticate(server, session, envelope, mechanism, given):
        right = (given.login, given.password) == (b"office@a.example", arguments.password.encode())
        return AuthResult(success=right)

    def connection():
        return SMTP(
            Post(arguments.folder),
            hostname="mail.a.example",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=tls is not None,
            auth_require_tls=True,
            authenticator=authenticate,
        )

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", arguments.port)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--password", default="")
    parser.add_argument("--without-tls", action="store_true")
    asyncio.run(serve(parser.parse_args()))
