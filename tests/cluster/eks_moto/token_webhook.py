"""The authenticator of an EKS API server: says whose a token is.

A token of `aws eks get-token` is a presigned URL of STS's GetCallerIdentity. AWS's own authenticator sends it to STS;
this one knows the one secret key there is, and so checks the signature itself.
Arguments: port, cluster's name, access key id, secret key, seconds that a token lives, file that tells of every review.
Listens on the loopback of its network namespace, and ends with its stdin.
"""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import urllib.parse

PREFIX = "k8s-aws-v1."
port, cluster, key_id, secret, lifetime, log = sys.argv[1:]


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def signature(url, query):
    """Signature version 4 of that URL, whose signed headers are the host and the cluster's name."""
    quote = lambda text: urllib.parse.quote(text, safe="-_.~")
    pairs = sorted((quote(k), quote(v)) for k, v in query.items() if k != "X-Amz-Signature")
    request = "\n".join([
        "GET",
        url.path,
        "&".join("=".join(pair) for pair in pairs),
        f"host:{url.netloc}\nx-k8s-aws-id:{cluster}\n",
        query["X-Amz-SignedHeaders"],
        hashlib.sha256(b"").hexdigest(),
    ])
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = digest(key, part).digest()
    request = hashlib.sha256(request.encode()).hexdigest()
    return digest(key, "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, request])).hexdigest()


def why_not(token):
    """What is wrong with a token; None where nothing is."""
    if not token.startswith(PREFIX):
        return "no token of EKS"
    text = token[len(PREFIX):]
    url = urllib.parse.urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = dict(urllib.parse.parse_qsl(url.query))
    if query["Action"] != "GetCallerIdentity":
        return "another action: " + query["Action"]
    if query["X-Amz-SignedHeaders"] != "host;x-k8s-aws-id":
        return "the cluster's name is not signed"
    if query["X-Amz-Credential"].split("/")[0] != key_id:
        return "an unknown key"
    if not hmac.compare_digest(signature(url, query), query["X-Amz-Signature"]):
        return "a wrong signature, or another cluster's"
    signed = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
    age = (datetime.datetime.now(datetime.timezone.utc) - signed).total_seconds()
    return f"expired: {age:.0f} s old" if age > float(lifetime) else None


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["content-length"])))
        token = review["spec"]["token"]
        reason = why_not(token)
        with open(log, "a") as file:
            file.write(f"{hashlib.sha256(token.encode()).hexdigest()[:8]} {reason or 'good'}\n")
        user = {"username": "arn:aws:sts::123456789012:user/moto", "groups": ["system:masters"]}
        review["status"] = {"authenticated": False, "error": reason} if reason else {"authenticated": True, "user": user}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
