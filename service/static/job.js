// Follows one job: its address ends with its name.

const NAME = location.pathname.split("/").pop();
const JOB = `/v1/jobs/${encodeURIComponent(NAME)}`;
const LOOK_MILLISECONDS = 1000;
const WORDS = {
  receiving: "Its items are arriving.",
  running: "It is running.",
  done: "It is done.",
  cancelled: "It was cancelled.",
  failed: "It failed.",
};

const element = (id) => document.getElementById(id);

async function look() {
  const answer = await fetch(JOB).catch(() => null);
  if (answer === null) {
    element("state").textContent = "The service does not answer; asking again.";
    return true;
  }
  const job = await answer.json();
  if (!answer.ok) {
    element("state").textContent = job.detail;
    element("progress").hidden = true;
    element("cancel").hidden = true;
    return false;
  }
  show(job);
  return job.finished === null;
}

function show({ state, waits_for: wait, kind, items, work, links }) {
  const share = work.total ? work.done / work.total : 0;
  element("bar").value = share;
  element("share").textContent = `${Math.floor(100 * share)} %`;
  const count = `${items.done} of ${items.total ?? "?"} items answered, ${items.failed} with a problem.`;
  const waiting = wait ? `It waits: ${wait}.` : WORDS[state];
  element("state").textContent = `${waiting} ${count}`;
  element("results").href = links.results;
  element("page").href = `${links.report}.html`;
  element("table").href = `${links.report}.csv`;
  element("page").hidden = element("table").hidden = kind !== "verifications";
  element("links").hidden = items.done === 0;
  element("cancel").hidden = state !== "running";
}

async function follow() {
  while (await look()) {
    await new Promise((over) => setTimeout(over, LOOK_MILLISECONDS));
  }
}

element("name").textContent = NAME;
element("cancel").addEventListener("click", async () => {
  await fetch(JOB, { method: "DELETE" });
  await look();
});
follow();
