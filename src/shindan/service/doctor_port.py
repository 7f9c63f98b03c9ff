"""The doctor at the door: who listens where the service is to listen."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from shindan.service.doctor_seen import Patient, Seen

_PATIENCE = 3.0


def port(patient: Patient) -> Iterator[Seen]:
    """Whether the service listens where it is set to, or could."""
    host, port = patient.listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield _who_listens(patient, error)
            return
    yield Seen("port", "note", f"nothing listens on {host}:{port}", "start the service: `shindan serve`")


def _who_listens(patient: Patient, error: OSError) -> Seen:
    host, port = patient.listen
    where = f"{host}:{port}"
    try:
        status, said = _asked(patient)
    except (OSError, HTTPException):
        told = f"{where} cannot be used ({error.strerror}), and what listens there is no Shindan"
        return Seen("port", "wrong", told, "stop it (`ss -ltnp` names it), or set another `listen`")
    if status == 200:
        return Seen("port", "well", f"the service answers on {where} and is ready")
    return Seen("port", "wrong", f"the service on {where} is not ready: {said[:300]}", "look at its log")


def _asked(patient: Patient) -> tuple[int, str]:
    host, port = patient.listen
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(host, port, timeout=_PATIENCE)
    if patient.tls is not None:
        # Whom the certificate is for was looked at already; this asks only whether somebody is at home.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(host, port, timeout=_PATIENCE, context=context)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode("utf-8", "replace").strip()
    finally:
        connection.close()
