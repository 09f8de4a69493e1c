//! Replaces all services that a measured function calls, in one small process with prepared
//! answers: Lambda's runtime interface, DynamoDB, Secrets Manager and a provider. It starts the
//! function, sends it the same event many times, and prints its measurements as JSON.
//!
//! `stand-in FOLDER WARM_UP REQUESTS COMMAND…`: FOLDER has the event in `event.json`, and an answer
//! for each called operation of AWS, for example in `GetItem.json`; `provider.json` answers
//! everything else.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, thread};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The calls so far.
struct Seen {
    started: Instant,
    polled: Option<Duration>,
    given: Instant,
    /// The time from each event to its answer.
    took: Vec<Duration>,
    /// For the last answer: the length of its body, and all requests to AWS.
    answered: usize,
    asked: usize,
    calls: usize,
    /// The processor time before the first measured request.
    on_processor: u64,
    process: u32,
}

struct Run {
    warm_up: usize,
    requests: usize,
    event: Vec<u8>,
    answers: HashMap<String, Vec<u8>>,
    seen: Mutex<Seen>,
    is_over: mpsc::Sender<()>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, warm_up, requests, program, rest @ ..] = arguments.as_slice() else {
        return Err("stand-in FOLDER WARM_UP REQUESTS COMMAND…".into());
    };
    // Two hosts, because a connection to DynamoDB can't be used for Secrets Manager.
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let [address, other] = [listeners[0].local_addr()?.to_string(), listeners[1].local_addr()?.to_string()];
    let (is_over, over) = mpsc::channel();
    let started = Instant::now();
    let seen = Seen {
        started,
        polled: None,
        given: started,
        took: Vec::new(),
        answered: 0,
        asked: 0,
        calls: 0,
        on_processor: 0,
        process: 0,
    };
    let run = Arc::new(Run {
        warm_up: warm_up.parse()?,
        requests: requests.parse()?,
        event: fs::read(Path::new(folder).join("event.json"))?,
        answers: answers(Path::new(folder))?,
        seen: Mutex::new(seen),
        is_over,
    });
    for listener in listeners {
        let accepting = Arc::clone(&run);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let run = Arc::clone(&accepting);
                thread::spawn(move || serve(&run, &stream));
            }
        });
    }

    let mut command = Command::new(program);
    command.args(rest).stdout(Stdio::null()).env("AWS_LAMBDA_RUNTIME_API", &address);
    for (name, value) in env::vars().filter(|(_, value)| value.contains("STAND_IN")) {
        command.env(name, value.replace("OTHER_STAND_IN", &other).replace("STAND_IN", &address));
    }
    // The function's start is measured, so this lock keeps everything else waiting.
    let mut function = {
        let mut seen = run.seen.lock().unwrap();
        seen.started = Instant::now();
        let function = command.spawn()?;
        seen.process = function.id();
        function
    };
    let is_done = over.recv_timeout(Duration::from_secs(300)).is_ok();
    let figures = if is_done { figures(&run) } else { Err("the function stopped answering".into()) };
    // The same signal as Lambda's, so that a profiler can write its data.
    Command::new("kill").arg(function.id().to_string()).status()?;
    function.wait()?;
    println!("{}", figures?);
    Ok(())
}

fn answers(folder: &Path) -> Result<HashMap<String, Vec<u8>>> {
    let mut answers = HashMap::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let body = fs::read(&path)?;
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\
             x-amzn-RequestId: K2V3U8FBG1OEMQVP3FQ7HJJ3BRVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend(body);
        answers.insert(name, answer);
    }
    Ok(answers)
}

/// Answers the requests of one connection until the function closes it.
fn serve(run: &Run, stream: &TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(Request { target, operation, body }) = read(&mut reader)? {
        if target.ends_with("/invocation/next") {
            run.poll();
            writer.write_all(&run.next())?;
        } else if target.ends_with("/response") {
            run.answered(&body)?;
            writer.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
        } else {
            let name = operation.as_deref().unwrap_or("provider");
            run.asked(operation.is_some(), body.len());
            writer.write_all(run.answers.get(name).ok_or_else(|| format!("no answer for {target} {name}"))?)?;
        }
    }
    Ok(())
}

struct Request {
    target: String,
    /// The requested operation of AWS.
    operation: Option<String>,
    body: Vec<u8>,
}

fn read(reader: &mut impl BufRead) -> Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut operation, mut length) = (None, 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse()?;
        } else if name.eq_ignore_ascii_case("x-amz-target") {
            operation = value.rsplit('.').next().map(str::to_owned);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { target, operation, body }))
}

impl Run {
    /// Sends an event when the function is ready. After the last answer, no event follows.
    fn poll(&self) {
        let mut seen = self.seen.lock().unwrap();
        let now = seen.started.elapsed();
        seen.polled.get_or_insert(now);
        if seen.took.len() == self.warm_up {
            seen.on_processor = on_processor(seen.process);
        }
        if seen.took.len() == self.warm_up + self.requests {
            drop(seen);
            let _ = self.is_over.send(());
            loop {
                thread::park();
            }
        }
        (seen.asked, seen.calls) = (0, 0);
    }

    fn next(&self) -> Vec<u8> {
        let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() + 30_000;
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: {deadline}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n\r\n",
            self.event.len()
        )
        .into_bytes();
        answer.extend(&self.event);
        self.seen.lock().unwrap().given = Instant::now();
        answer
    }

    fn answered(&self, body: &[u8]) -> Result<()> {
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap();
        let took = now.duration_since(seen.given);
        seen.took.push(took);
        seen.answered = body.len();
        // Only the first answer is checked; checks of later ones would take time that isn't the
        // function's.
        if seen.took.len() == 1 && !has(body, br#""statusCode":200"#) {
            return Err(format!("not answered: {}", String::from_utf8_lossy(body)).into());
        }
        Ok(())
    }

    fn asked(&self, is_aws: bool, length: usize) {
        let mut seen = self.seen.lock().unwrap();
        if is_aws {
            seen.asked += length;
            seen.calls += 1;
        }
    }
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The processor time of a process, in nanoseconds.
fn on_processor(process: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let of_task = |path: &Path| fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok();
    tasks.filter_map(|task| of_task(&task.path())).sum()
}

fn figures(run: &Run) -> Result<serde_json::Value> {
    let seen = run.seen.lock().unwrap();
    let on_processor = on_processor(seen.process) - seen.on_processor;
    let status = fs::read_to_string(format!("/proc/{}/status", seen.process))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let mut took: Vec<u128> = seen.took[run.warm_up..].iter().map(Duration::as_nanos).collect();
    took.sort_unstable();
    let polled = seen.polled.unwrap_or_default();
    Ok(serde_json::json!({
        "start_ms": polled.as_secs_f64() * 1e3,
        "first_ms": (polled + seen.took[0]).as_secs_f64() * 1e3,
        "mean_ms": took.iter().sum::<u128>() as f64 / took.len() as f64 / 1e6,
        "p50_us": took[took.len() / 2] as f64 / 1e3,
        "processor_us": on_processor as f64 / run.requests as f64 / 1e3,
        "memory_mb": peak.trim_end_matches("kB").trim().parse::<f64>()? / 1024.0,
        "answered": seen.answered,
        "asked": seen.asked,
        "calls": seen.calls,
    }))
}
