// All that is asked of the service. Answers that are no longer wanted are cancelled.

/** What the service says to a request that it cannot work out. */
export class Refused extends Error {
  /** @param {any} problem  problem+json */
  constructor(problem) {
    super(problem.detail ?? problem.title ?? "");
    /** @type {{pointer: string, detail: string}[]} */
    this.problems = problem.errors?.length
      ? problem.errors
      : [{ pointer: "", detail: this.message }];
  }
}

/** No answer came: the connection or the service is gone, or it is busy. */
export class Lost extends Error {
  /** @param {boolean} busy */
  constructor(busy) {
    super();
    this.busy = busy;
  }
}

/** @type {Map<string, AbortController>} */
const running = new Map();

/**
 * What GET answers.
 * @param {string} path
 * @returns {Promise<any>}
 */
export function get(path) {
  return answered(() => fetch(path, { headers: { Accept: "application/json" } }));
}

/**
 * What POST answers. A newer request under the same name cancels this one, which then never settles.
 * @param {string} path
 * @param {any} body  a text goes as it is
 * @param {string} [name]
 * @returns {Promise<any>}  rejects with Refused or Lost
 */
export async function post(path, body, name = path) {
  const controller = new AbortController();
  running.get(name)?.abort();
  running.set(name, controller);
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal: controller.signal,
  };
  try {
    return await answered(() => fetch(path, request));
  } catch (error) {
    if (controller.signal.aborted) return new Promise(() => {});
    throw error;
  } finally {
    if (running.get(name) === controller) running.delete(name);
  }
}

/**
 * Makes every request of this name stale.
 * @param {string} name
 */
export function cancel(name) {
  running.get(name)?.abort();
}

/**
 * @param {() => Promise<Response>} ask
 * @returns {Promise<any>}
 */
async function answered(ask) {
  let response;
  let body;
  try {
    response = await ask();
    body = await response.json();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Lost(false);
  }
  if (response.ok) return body;
  if (response.status === 429 || response.status === 503) throw new Lost(true);
  throw new Refused(body);
}
