//! `labproof run` from end to end, on pages that need no cluster: the real program, the real bash.

mod support;

use support::Pages;

/// A page with one bash block.
fn block(body: &str) -> String {
    format!("# Page\n\n```bash\n{body}\n```\n")
}

#[test]
fn a_page_that_tells_the_truth_passes_and_says_what_was_verified() {
    Pages::with(&block("$ echo hello\nhello\n$ cd /tmp\n$ pwd\n/tmp"))
        .run(&[])
        .exits(0)
        .says("3 passed")
        .says("3 of 3 commands ran, output of 2 compared (2 lines)")
        .says("page.md:6 page-1 (only the exit status was checked)");
}

#[test]
fn a_page_that_lies_fails_at_its_line_with_both_sides() {
    Pages::with(&block("$ echo one; echo two\none\nthree"))
        .run(&[])
        .exits(1)
        .says("page.md:6")
        .says("-three")
        .says("+two");
}

#[test]
fn state_lives_from_block_to_block_and_page_to_page() {
    let pages = Pages::new();
    pages.write("lab/index.md", "---\ntitle: Lab\nlab: true\n---\n\n```bash\n$ greet() { echo \"hi $1\"; }\n$ name='two\nlines'\n```\n");
    pages.write(
        "lab/a.md",
        "---\nweight: 1\n---\n\n```bash\n$ greet you\nhi you\n```\n",
    );
    pages.write(
        "lab/b.md",
        "---\nweight: 2\n---\n\n```bash\n$ echo \"$name\"\ntwo\nlines\n```\n",
    );
    pages
        .labproof(&["run", "lab", "--cluster", "none"])
        .exits(0)
        .says("1 lab, 3 pages, 4 commands");
}

#[test]
fn a_failing_command_fails_and_the_lab_goes_on() {
    Pages::with(&block("$ ls /nowhere-at-all\n$ echo on\non"))
        .run(&[])
        .exits(1)
        .says("page.md:4")
        .says("exited with 2")
        .says("1 failed, 1 passed");
}

#[test]
fn a_status_that_says_what_was_found_is_no_failure() {
    Pages::with(&block(
        "$ echo a | grep -c b\n0\n$ printf 'a\\nb\\n' | grep c | wc -l\n0\n$ diff <(echo a) <(echo b)\n1c1\n< a\n---\n> b\n\
         $ n=$(echo a | grep -c b)\n$ sh -c 'echo no; exit 3'\nno\n$ echo $?\n3\n$ sleep 100 & kill $! && wait $! 2>/dev/null",
    ))
    .run(&[])
    .exits(0)
    .says("7 passed");
    Pages::with(&block(
        "$ echo a | grep b\n$ sh -c 'echo no; exit 3'\nno\n$ sh -c 'exit 3'\n$ echo $?\n4",
    ))
    .run(&[])
    .exits(1)
    .says("4 failed");
}

#[test]
fn what_a_job_in_the_background_prints_below_its_command_is_waited_for() {
    Pages::with(&block(
        "$ { sleep 0.3; echo late; } &\n[1] 4711\nlate\n$ echo on\non",
    ))
    .run(&[])
    .exits(0)
    .says("2 passed");
    Pages::with(&block("$ { sleep 0.1; echo other; } &\n[1] 4711\nlate"))
        .run(&["--retry", "1"])
        .exits(1)
        .says("late");
}

#[test]
fn fail_fast_stops_at_the_first_failing_step() {
    let page = format!("{}{}", block("$ false"), block("$ echo never"));
    Pages::with(&page)
        .run(&["--fail-fast"])
        .exits(1)
        .says("not reached");
}

#[test]
fn announced_failures_must_happen() {
    let fence = |info: &str, body: &str| format!("```bash {info}\n{body}\n```\n");
    Pages::with(&fence("expectError=true", "$ false"))
        .run(&[])
        .exits(0);
    Pages::with(&fence("expectError=true", "$ true"))
        .run(&[])
        .exits(1)
        .says("must fail (expectError=true)");
    Pages::with(&fence("exit=3", "$ (exit 3)"))
        .run(&[])
        .exits(0);
    Pages::with(&fence("exit=3", "$ (exit 4)"))
        .run(&[])
        .exits(1)
        .says("exited with 4");
    Pages::with(&fence("absent=secret", "$ echo a secret"))
        .run(&[])
        .exits(1)
        .says("`secret`");
}

#[test]
fn a_deadline_ends_the_command_and_only_that() {
    let page = "```bash timeout=1\n$ x=kept\n$ sleep 600\n```\n\n```bash\n$ echo $x\nkept\n```\n";
    Pages::with(page)
        .run(&[])
        .exits(1)
        .says("did not end within 1 s")
        .says("2 passed");
}

#[test]
fn a_command_that_ends_the_shell_has_a_clear_outcome() {
    Pages::with(&block("$ x=kept\n$ exit 3\n$ echo $x\nkept"))
        .run(&[])
        .exits(1)
        .says("exited with 3")
        .says("ended the shell");
}

#[test]
fn every_report_is_written_when_a_lab_fails() {
    let pages = Pages::with(&block("$ echo one\ntwo\n$ true"));
    pages
        .run(&[
            "--json", "r.json", "--junit", "r.xml", "--events", "r.jsonl",
        ])
        .exits(1);
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    assert_eq!(record["version"], 1);
    assert_eq!(record["verdict"], "fail");
    let commands = &record["labs"][0]["pages"][0]["steps"][0]["commands"];
    assert_eq!(commands[0]["verdict"], "fail");
    assert_eq!(commands[0]["checks"][1]["line"], 5);
    assert_eq!(commands[1]["verdict"], "pass");
    assert_eq!(record["coverage"]["commands_run"], 2);
    let xml = pages.read("r.xml");
    assert!(
        xml.contains("failures=\"1\"") && xml.contains("page.md:5"),
        "{xml}"
    );
    let events: Vec<serde_json::Value> = pages
        .read("r.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.first().unwrap()["event"], "run-started");
    assert_eq!(events.last().unwrap()["event"], "run-finished");
    assert_eq!(
        events
            .iter()
            .filter(|event| event["event"] == "command-finished")
            .count(),
        2
    );
}

#[test]
fn reports_are_written_even_when_the_cluster_is_not_there() {
    let pages = Pages::with(&block("$ true"));
    pages.write("config", "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\ncontexts: [{name: gone, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\ncurrent-context: gone\n");
    let config = pages.path().join("config");
    let run = |cluster: &str| {
        support::ended(
            assert_cmd::Command::cargo_bin("labproof")
                .unwrap()
                .current_dir(pages.path())
                .env("KUBECONFIG", &config)
                .args(["run", "page.md", "--json", "r.json", "--cluster", cluster]),
        )
    };
    run("context:gone")
        .exits(3)
        .says("cannot be reached")
        .says("next:");
    assert!(pages.read("r.json").contains("\"verdict\": \"broken\""));
    run("context:other")
        .exits(2)
        .says("no context \"other\"")
        .says("gone");
}

#[test]
fn without_a_cluster_kubectl_finds_nothing() {
    let page = Pages::with(&block("$ cat $KUBECONFIG | grep -c labproof.invalid\n1"));
    page.run(&[]).exits(0);
}

#[test]
fn secrets_are_masked_everywhere() {
    let pages = Pages::with(&block(
        "$ echo AKIAABCDEFGHIJKLMNOP hunter2222\nsomething else",
    ));
    pages
        .run(&[
            "--redact", "hunter2+", "--json", "r.json", "--junit", "r.xml", "--events", "r.jsonl",
        ])
        .exits(1)
        .does_not_say("AKIAABCDEFGHIJKLMNOP")
        .does_not_say("hunter2222");
    for report in ["r.json", "r.xml", "r.jsonl"] {
        let text = pages.read(report);
        assert!(
            !text.contains("AKIAABCD") && !text.contains("hunter2222"),
            "{report}: {text}"
        );
    }
}

#[test]
fn a_missing_tool_is_named_before_anything_runs() {
    let pages = Pages::with(&block("$ touch ran\n$ helm list"));
    let path = std::env::join_paths(["/usr/bin", "/bin"]).unwrap();
    if ["/usr/bin/helm", "/bin/helm"]
        .iter()
        .any(|helm| std::path::Path::new(helm).exists())
    {
        panic!("this test needs a machine without helm in /usr/bin");
    }
    support::ended(
        assert_cmd::Command::cargo_bin("labproof")
            .unwrap()
            .current_dir(pages.path())
            .env("PATH", path)
            .args(["run", "page.md", "--cluster", "none"]),
    )
    .exits(3)
    .says("`helm` is needed here")
    .says("page.md:5");
    assert!(!pages.path().join("ran").exists());
}

#[test]
fn invalid_input_is_told_with_file_and_line_before_anything_runs() {
    let check = |name: &str, bytes: &[u8], expected: &[&str]| {
        let pages = Pages::new();
        pages.write(name, bytes);
        let mut ended = pages.labproof(&["run", name, "--cluster", "none"]).exits(2);
        for text in expected {
            ended = ended.says(text);
        }
    };
    check(
        "latin1.md",
        b"# caf\xe9\n```bash\n$ true\n```\n",
        &["latin1.md", "UTF-8"],
    );
    check(
        "front.md",
        b"---\ntitle: [a\n---\n```bash\n$ true\n```\n",
        &["front.md:"],
    );
    check("open.md", b"# x\n\n```bash\n$ true\n", &["open.md:3"]);
    check("none.md", b"# Nothing runs here\n", &["none.md"]);
    check(
        "typo.md",
        b"```bash timout=3\n$ true\n```\n",
        &["typo.md:1", "timeout"],
    );
    Pages::new()
        .labproof(&["run", "absent.md", "--cluster", "none"])
        .exits(2)
        .says("absent.md");
}

#[test]
fn several_problems_are_told_at_once() {
    let pages = Pages::new();
    pages.write("a.md", "```bash timout=3\n$ true\n```\n");
    pages.write("b.md", "```bash hok=x\n$ true\n```\n");
    pages
        .labproof(&["run", "a.md", "b.md", "--cluster", "none"])
        .exits(2)
        .says("a.md:1")
        .says("b.md:1");
}

#[test]
fn output_of_any_size_and_kind_is_survived() {
    Pages::with(&block(
        "$ head -c 50000000 /dev/zero\n$ printf 'a\\xff\\x00b\\n'\n$ echo on\non",
    ))
    .run(&[])
    .exits(0);
}

#[test]
fn output_too_long_to_be_kept_is_not_a_pass() {
    Pages::with(&block("$ yes | head -c 20000000 || true\ny\n[...]\ny"))
        .run(&[])
        .exits(3)
        .says("too long to be kept whole");
}

#[test]
fn a_fence_that_names_a_check_nobody_wrote_is_told() {
    Pages::with("```bash verify=served\n$ true\n```\n")
        .run(&[])
        .exits(2)
        .says("page.md:1")
        .says("no verifier of this lab has a check named `served`");
}

#[test]
fn a_stream_that_ends_without_its_text_fails() {
    let fence = |body: &str| format!("```bash until=READY timeout=20\n{body}\n```\n");
    Pages::with(&fence("$ echo not yet"))
        .run(&[])
        .exits(1)
        .says("without showing `READY`");
    // The text is asked of the last command only.
    Pages::with(&fence("$ cd /tmp\n$ echo READY; sleep 600"))
        .run(&[])
        .exits(0)
        .says("2 passed");
}

#[test]
fn a_hook_that_is_not_there_is_broken() {
    Pages::with("```bash hook=ready\n$ echo on\non\n```\n")
        .run(&[])
        .exits(3)
        .says("no tests/hook-ready.sh beside the page");
}

#[test]
fn one_failure_is_enough_for_a_step_that_must_fail() {
    Pages::with("```bash expectError=true\n$ false\n$ echo on\non\n```\n")
        .run(&[])
        .exits(0);
}

#[test]
fn a_missing_command_that_the_page_shows_is_understood() {
    Pages::with(&block(
        "$ no-such-tool\nbash: no-such-tool: command not found",
    ))
    .run(&[])
    .exits(0);
}

#[test]
fn labs_run_side_by_side_and_are_reported_one_by_one() {
    let pages = Pages::new();
    // The first is over when the second is, and not before it has begun.
    let wait = "until test -e done; do sleep 0.05; done";
    pages.write("a.md", block(&format!("$ echo a; touch begun\n$ {wait}")));
    pages.write(
        "b.md",
        block("$ until test -e begun; do sleep 0.05; done\n$ touch done"),
    );
    pages.write("c.md", block("$ echo c\nc"));
    let files = ["a.md", "b.md", "c.md"];
    let arguments = ["run", "a.md", "b.md", "c.md", "--cluster", "none"];
    let ended = pages
        .labproof(&[&arguments[..], &["--jobs", "2"]].concat())
        .exits(0)
        .says("5 passed");
    let shown: Vec<&str> = ended.stdout.lines().map(str::trim).collect();
    let place = |text: &str| shown.iter().position(|line| line.contains(text));
    for (file, first, last) in [
        ("a.md", "echo a", "until test -e done"),
        ("b.md", "until test -e begun", "touch done"),
    ] {
        let begin = place(first).expect("the first command is shown");
        let end = place(last).expect("the last command is shown");
        assert_eq!(end, begin + 1, "{file}: {}", ended.stdout);
        let heading = format!("Page {file}");
        assert_eq!(shown[begin - 1], heading, "{}", ended.stdout);
    }
    for file in files {
        let begins = format!("{file} begins");
        assert!(place(&begins).is_some(), "{begins}: {}", ended.stdout);
    }
}

#[test]
fn an_interrupt_ends_everything_and_still_reports() {
    // The length of the sleep tells this test's process from any other.
    let length = format!("600.{}", std::process::id());
    let pages = Pages::with(&block(&format!("$ sleep {length}\n$ echo never")));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("labproof"))
        .current_dir(pages.path())
        .args([
            "run",
            "page.md",
            "--cluster",
            "none",
            "--json",
            "r.json",
            "--events",
            "r.jsonl",
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the command runs", || processes_with(&length) > 0);
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(processes_with(&length), 0);
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    assert_eq!(record["interrupted"], true);
    assert_eq!(record["verdict"], "broken");
    assert!(
        pages
            .read("r.jsonl")
            .lines()
            .last()
            .unwrap()
            .contains("run-finished")
    );
}

#[test]
fn a_terminal_that_is_closed_leaves_time_to_clean_up() {
    let length = format!("601.{}", std::process::id());
    // What does not end when it is asked to takes its time.
    let command = format!("$ bash -c 'trap \"\" INT TERM HUP; sleep {length}'");
    let pages = Pages::with(&block(&command));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("labproof"))
        .current_dir(pages.path())
        .args(["run", "page.md", "--cluster", "none", "--json", "r.json"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the command runs", || processes_with(&length) > 0);
    let id = rustix::process::Pid::from_child(&child);
    // The shell says so, and the system says so once more.
    for _ in 0..2 {
        rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(processes_with(&length), 0);
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    assert_eq!(record["interrupted"], true);
}

#[test]
fn a_killed_labproof_leaves_no_process() {
    let length = format!("601.{}", std::process::id());
    let pages = Pages::with(&block(&format!("$ sleep {length} & sleep {length}")));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("labproof"))
        .current_dir(pages.path())
        .args(["run", "page.md", "--cluster", "none"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until("both processes run", || processes_with(&length) >= 2);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("they are gone", || processes_with(&length) == 0);
}

/// How many processes have the text as an argument of their own.
fn processes_with(argument: &str) -> usize {
    let has = |entry: std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == argument.as_bytes())
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(has)
        .filter(|has| *has)
        .count()
}

/// Waits for something that is sure to come; fails after a minute.
fn wait_until(what: &str, happened: impl Fn() -> bool) {
    for _ in 0..600 {
        if happened() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("not seen within a minute: {what}");
}

#[test]
fn what_is_not_there_must_be_so_on_two_readings() {
    let page = |before: &str| {
        block(&format!(
            "$ {before}\n$ ls soon\nls: cannot access 'soon': No such file or directory"
        ))
    };
    Pages::with(&page("(sleep 0.2; touch soon) &"))
        .run(&["--retry", "0"])
        .exits(1)
        .says("No such file or directory");
    Pages::with(&page("true"))
        .run(&["--json", "r.json"])
        .exits(0)
        .says("2 passed");
}

#[test]
fn a_command_that_fails_is_told_once() {
    let told = Pages::with(&block("$ ls /nowhere-at-all\nfile"))
        .run(&[])
        .exits(1);
    assert_eq!(told.stdout.matches("FAIL").count(), 1, "{}", told.stdout);
    told.says("FAIL page.md:4  in step page-1, \"Page\"")
        .says("-file")
        .says("+ls: cannot access")
        .does_not_say("the command failed with status")
        .says("next: `--artifacts DIR`");
}

#[test]
fn a_failure_tells_where_to_begin() {
    let pages = Pages::with(&block(
        "$ bash ./setpu.sh\n$ cat made\nx\n$ cat made\nx\n\n```bash\n$ true",
    ));
    pages.write("setup.sh", "echo x > made\n");
    pages
        .run(&[])
        .exits(1)
        .says("likely cause: there is no ./setpu.sh; there is one named ./setup.sh")
        .says("next: begin with page.md:4: 2 commands failed after it")
        .says("lint: page.md:10: a block begins here, and the one of line 3 is not closed (LP033)");
}

#[test]
fn a_question_that_nobody_answers_is_told_as_one() {
    Pages::with(&block("$ read -p 'Name? ' name"))
        .run(&[])
        .exits(1)
        .says("it asks for input, and stdin is empty");
    Pages::with(&block(
        "$ echo 'Go on? [Y/n]'; exit_with() { return 1; }; exit_with",
    ))
    .run(&[])
    .exits(1)
    .says("it asks for input");
    // What is given its answer is not told to ask.
    Pages::with(&block("$ read name < /nowhere-at-all"))
        .run(&[])
        .exits(1)
        .does_not_say("it asks for input");
}

#[test]
fn github_shows_what_failed_at_the_lines_of_the_page() {
    Pages::with(&block("$ echo one, 100%\ntwo\n$ false\n$ echo on\non"))
        .run(&["--format", "github"])
        .exits(1)
        .says("\n::error file=page.md,line=5,title=labproof%3A step page-1::`one, 100%25`")
        .says("\n::error file=page.md,line=6,title=labproof%3A step page-1::exited with 1\n")
        .does_not_say("line=7");
}

#[test]
fn paths_without_labs_are_a_mistake_on_the_command_line() {
    let pages = Pages::new();
    for command in ["plan", "lint"] {
        pages
            .labproof(&[command, "."])
            .exits(2)
            .says("no step to run here");
    }
    for command in ["run", "update", "learn"] {
        pages
            .labproof(&[command, "absent.md", "--cluster", "none"])
            .exits(2)
            .says("absent.md: does not exist");
    }
}

#[test]
fn a_baseline_that_cannot_be_applied_is_told_before_there_is_a_cluster() {
    let pages = Pages::with(&block("$ true"));
    pages
        .labproof(&[
            "run",
            "page.md",
            "--cluster",
            "local",
            "--setup",
            "absent.yaml",
        ])
        .exits(2)
        .says("--setup absent.yaml: No such file");
    pages
        .run(&["--setup", "page.md"])
        .exits(2)
        .says("--setup needs a cluster");
}

#[test]
fn compare_names_its_files() {
    let pages = Pages::new();
    pages.write("shown.txt", "one\n");
    pages.write("printed.txt", "two\n");
    pages
        .labproof(&["compare", "--command", "echo", "shown.txt", "printed.txt"])
        .exits(1)
        .says("--- shown.txt\n+++ printed.txt\n");
}

/// `labproof learn lab.md --cluster none` and more arguments, with what somebody types.
fn learn(pages: &Pages, more: &[&str], typed: &str) -> support::Ended {
    support::ended(
        assert_cmd::Command::cargo_bin("labproof")
            .unwrap()
            .current_dir(pages.path())
            .args(["learn", "lab.md", "--cluster", "none"])
            .args(more)
            .write_stdin(typed),
    )
}

/// Three steps with words between them.
fn lesson() -> Pages {
    let pages = Pages::new();
    pages.write(
        "lab.md",
        "---\ntitle: Lesson\n---\n# Names\n\nGive it a name.\n\n```bash id=name\n$ name=Ann\n$ echo $name\nAnn\n```\n\n\
         Look for it.\n\n```bash id=look\n$ echo \"is it $name?\"\nis it Ann?\n```\n\nLose it.\n\n\
         ```bash id=lose\n$ unset name\n$ echo \"[$name]\"\n[]\n```\n\nThat is all.\n",
    );
    pages
}

#[test]
fn a_lab_is_learnt_command_by_command() {
    learn(&lesson(), &[], "\n\n\n\n\n")
        .exits(0)
        .says("Give it a name.")
        .says("$ echo $name")
        .says("is it Ann?")
        .says("as the page shows")
        .says("That is all.")
        .says("3 steps done of 3")
        .does_not_say("title: Lesson")
        .does_not_say("to go on here");
}

#[test]
fn a_learner_may_try_skip_and_be_wrong() {
    let told = learn(
        &lesson(),
        &[],
        "name=Bob\necho I am $name; false\nname=Ann\necho $name\n:help\n:skip\nname=Eve\nunset nme\n\n\n",
    )
    .exits(0);
    // The second is the lab's shell, the fourth is what the page has, and the rest of the step was passed over.
    told.says("I am Bob\nexited with 1")
        .says("2 steps done of 3");
    // A page whose output is not what the learner's shell prints is told so, and the lab goes on.
    learn(&lesson(), &[], "\nname=Bob\n\n\n\n\n")
        .exits(1)
        .says("not as the page shows")
        .says("| Ann")
        .says("2 of them not as the page shows");
}

#[test]
fn a_learner_who_leaves_is_told_how_to_go_on() {
    let pages = lesson();
    for typed in ["\n\n:quit\n", "\n\n"] {
        learn(&pages, &[], typed)
            .exits(0)
            .says("1 step done of 3")
            .says("to go on here: labproof learn lab.md --from look")
            .does_not_say("That is all.");
    }
    learn(&pages, &["--from", "look"], "\n:quit\n")
        .exits(0)
        .does_not_say("Give it a name.")
        .says("Look for it.")
        .says("is it Ann?")
        .says("--from lose");
    learn(&pages, &["--from", "lok"], "")
        .exits(2)
        .says("did you mean \"look\"?");
    pages.write("two.md", block("$ true"));
    pages
        .labproof(&["learn", "lab.md", "two.md", "--cluster", "none"])
        .exits(2)
        .says("one lab is learnt at a time");
}
