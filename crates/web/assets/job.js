// Shows how an import goes on, as the server tells it.

const job = document.querySelector("[data-job]");
if (job) {
  const bar = job.querySelector("[data-progress]");
  const now = job.querySelector("[data-now]");
  const events = new EventSource(job.dataset.job);
  const show = (state) => {
    document.querySelector("[data-title]").textContent = state.title;
    if (now.textContent !== state.now) now.textContent = state.now;
    job.querySelector("[data-line]").textContent = state.line;
    if (state.expected) {
      bar.max = state.expected;
      bar.value = Math.min(state.rows, state.expected);
    } else {
      bar.removeAttribute("value");
    }
  };
  events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  events.addEventListener("end", () => {
    events.close();
    // The page says what became of it.
    location.reload();
  });
}
