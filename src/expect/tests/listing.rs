//! Files and names.

use super::{fails, passes};

#[test]
fn files() {
    let command = "kubectl exec a -- ls /data";
    passes("listing", command, "a.png\nb.png", "b.png\na.png");
    passes(
        "listing",
        command,
        "a.png  b.png\nc.png",
        "a.png\nb.png\nc.png",
    );
    fails(
        "1 name of the page missing: `new.png`",
        command,
        "a.png\nnew.png",
        "a.png",
    );
    fails(
        "1 name more than the page shows: `new.png`",
        command,
        "a.png",
        "a.png\nnew.png",
    );
    passes("listing", command, "a.png\n...", "a.png\nnew.png");
    passes(
        "listing",
        command,
        "a.png\nnew.png   <------",
        "a.png\nnew.png",
    );
    fails(
        "4f18544b",
        command,
        "1ca35e86-4b4c-4124-b6b5-076ba4134d0d.jpg\n4f18544b-70a5-4352-8e19-0d070f46745d.jpg",
        "1ca35e86-4b4c-4124-b6b5-076ba4134d0d.jpg\n99985440-70a5-4352-8e19-0d070f46745d.jpg",
    );
    let long = "total 16\ndrwxr-xr-x    3 root     0             4096 Nov 21 00:46 .\n-rw-r--r--    1 root     0               17 Nov 21 00:46 a.txt";
    passes(
        "listing",
        "ls -la /d",
        long,
        "total 8\ndrwxr-xr-x 9 root 0 60 Jan  3  2025 .\n-rw-r--r-- 1 root 0 17 Jan 13 10:00 a.txt",
    );
    fails("a.txt", "ls -la /d", long, &long.replace("  17 ", "   0 "));
    fails(
        "a.txt",
        "ls -la /d",
        long,
        &long.replace("-rw-r--r--", "-rwxrwxrwx"),
    );
    passes(
        "listing",
        "kubectl exec a -- find /d -type f",
        "/d/a\n/d/b c",
        "/d/b c\n/d/a",
    );
    fails("`/d/x`", "kubectl exec a -- find /d -type f", "", "/d/x");
}

#[test]
fn names() {
    passes(
        "table",
        "kubectl get pods -o name",
        "pod/web-5774b8d5f4-cv89c\npod/db-0",
        "pod/db-0\npod/web-dbbdc96d6-xlrhl",
    );
    fails(
        "db-0",
        "kubectl get pods -o name",
        "pod/web-5774b8d5f4-cv89c\npod/db-0",
        "pod/web-dbbdc96d6-xlrhl",
    );
    fails(
        "another order",
        "kubectl get pods -o name --sort-by=.metadata.name",
        "pod/a\npod/b",
        "pod/b\npod/a",
    );
    passes("listing", "kubectl exec a -- env", "A=1\nB=2", "B=2\nA=1");
    fails("", "kubectl exec a -- env", "A=1\nB=2", "B=3\nA=1");
}
