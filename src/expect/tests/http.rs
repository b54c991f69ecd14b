//! HTTP.

use super::{fails, passes};

const ANSWER: &str = "HTTP/1.1 200 OK
Date: Thu, 24 Apr 2025 07:45:12 GMT
Content-Type: application/json
Content-Length: 15
Set-Cookie: SESSIONID=c3f13e02-4ff3-40ba-866e-c777f7450997

{\"status\":\"UP\"}";

#[test]
fn answers() {
    let command = "curl -i http://a/health";
    passes(
        "http",
        command,
        ANSWER,
        &ANSWER
            .replace("24 Apr 2025", "25 Apr 2026")
            .replace("c3f13e02", "00f13e02")
            .replace("\"status\":\"UP\"", "\"status\": \"UP\"")
            .replace(": 15", ": 16"),
    );
    fails(
        "the status is 503, the page shows 200",
        command,
        ANSWER,
        &ANSWER.replace("200 OK", "503 Unavailable"),
    );
    fails(
        ".status is \"DOWN\", the page shows \"UP\"",
        command,
        ANSWER,
        &ANSWER.replace("UP", "DOWN"),
    );
    fails(
        "content-type",
        command,
        ANSWER,
        &ANSWER.replace("application/json", "text/html"),
    );
    passes(
        "http",
        command,
        "HTTP/1.1 200 OK\nContent-Type: application/json\n[...]",
        ANSWER,
    );
    passes(
        "http",
        "curl -I http://a",
        "HTTP/1.1 200 OK\nServer: nginx/1.14.2",
        "HTTP/1.1 200 OK\nServer: nginx/1.14.2\nDate: Thu, 24 Apr 2025 07:45:12 GMT\nAccept-Ranges: bytes",
    );
    fails(
        "server",
        "curl -I http://a",
        "HTTP/1.1 200 OK\nServer: nginx/1.14.2",
        "HTTP/1.1 200 OK\nServer: nginx/1.16.1",
    );
    fails(
        "the page shows an HTTP answer",
        "curl -I http://a",
        "HTTP/1.1 200 OK",
        "curl: (7) Failed to connect",
    );
    let verbose = "*   Trying 10.1.1.1:80...\n* Connected to a (10.1.1.1) port 80\n> GET / HTTP/1.1\n> Host: a\n> \n< HTTP/1.1 200 OK\n< Content-Type: text/plain\n< \nhello\n* Connection #0 to host a left intact";
    passes(
        "http",
        "curl -v a",
        verbose,
        &verbose
            .replace("10.1.1.1", "10.2.2.2")
            .replace("* Connection #0 to host a left intact", "* closing"),
    );
    fails(
        "hello",
        "curl -v a",
        verbose,
        &verbose.replace("hello", "bye"),
    );
    fails(
        "`GET /other` is asked for",
        "curl -v a",
        verbose,
        &verbose.replace("GET / ", "GET /other "),
    );
}
