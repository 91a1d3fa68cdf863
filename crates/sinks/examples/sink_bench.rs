//! Messages per second of every format, on generated messages: `cargo run --release --example sink_bench`.
//!
//! Formats that can be written to a stream are measured without the disk too.
#![allow(clippy::print_stdout, reason = "an example talks to its user")]

use std::time::Instant;

use hutong_model::{Conversation, Message, Part};
use hutong_sinks::{Context, FORMATS, Format, NoBlobs, Output, WriteError};
use hutong_testkit::{cast, message};

const MESSAGES: u32 = 500_000;
const TEXTS: [&str; 5] = [
    "周六中午见",
    "好的，我带一点水果过去，你们还要别的吗？",
    "外婆说今天的汤要多煮一会儿",
    "OK see you there, the table is booked for 12:00",
    "哈哈哈哈哈哈 https://example.com/menu?id=1&x=2",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cast = cast();
    let messages: Vec<Message> = (0..MESSAGES)
        .map(|number| {
            let at = usize::try_from(number).unwrap_or(0);
            let sender = cast
                .people
                .get(at / 3 % cast.people.len())
                .copied()
                .unwrap_or_default();
            let text = TEXTS.get(at % TEXTS.len()).copied().unwrap_or_default();
            message(&cast.group, sender, number, vec![Part::text(text)])
        })
        .collect();
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
    let folder = std::env::temp_dir().join(format!("hutong-sink-bench-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    for format in FORMATS {
        let about = format.about();
        let path = folder.join(about.id);
        if about.output.takes_file() {
            measure(
                *format,
                "stream",
                Output::Stream(Box::new(std::io::sink())),
                &context,
                &cast.group,
                &messages,
            )?;
            measure(
                *format,
                "file",
                Output::File(path),
                &context,
                &cast.group,
                &messages,
            )?;
        } else {
            measure(
                *format,
                "folder",
                Output::Folder(path),
                &context,
                &cast.group,
                &messages,
            )?;
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn measure(
    format: &dyn Format,
    to: &str,
    output: Output,
    context: &Context<'_>,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<(), WriteError> {
    let start = Instant::now();
    let mut export = format.start(output, context)?;
    export.conversation(conversation, messages.len() as u64)?;
    for message in messages {
        export.message(message)?;
    }
    let written = export.finish()?;
    let seconds = start.elapsed().as_secs_f64();
    let (id, per_message) = (format.about().id, written.bytes / u64::from(MESSAGES));
    let (rate, megabytes) = (
        f64::from(MESSAGES) / seconds,
        written.bytes as f64 / 1e6 / seconds,
    );
    println!(
        "{id:6} {to:7} {rate:>10.0} messages/s {megabytes:>7.0} MB/s {per_message:>5} bytes/message"
    );
    Ok(())
}
