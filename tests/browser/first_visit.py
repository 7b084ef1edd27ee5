"""A first visit with a slow phone on a slow line: what it weighs, and when something is seen."""

from playwright.sync_api import CDPSession, Page

WEIGHT_MAX = 60_000
"""Bytes over the wire."""
PAINT_MAX = 1_000
"""Milliseconds."""
TRIES = 8
_SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 ms, 400 kbit/s."""
_QUICK = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
_FIRST_PAINT = """new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().find(one => one.name == 'first-contentful-paint').startTime
)).observe({type: 'paint', buffered: true}))"""


def visited(page: Page, wire: CDPSession, path: str) -> tuple[int, float]:
    """Opens the page and fails when it is heavy or late; its bytes and milliseconds."""
    weights: list[int] = []
    tries: list[float] = []
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda told: weights.append(told["encodedDataLength"]))
    # A machine that is busy with something else slows a visit down; it speeds none up.
    while len(tries) < TRIES and min(tries, default=PAINT_MAX) >= PAINT_MAX:
        weights.clear()
        wire.send("Network.clearBrowserCache")
        wire.send("Network.emulateNetworkConditions", _SLOW)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(path)
        tries.append(page.evaluate(_FIRST_PAINT))
        wire.send("Network.emulateNetworkConditions", _QUICK)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    wire.send("Network.disable")
    assert sum(weights) <= WEIGHT_MAX, f"{page.url}: {sum(weights)} bytes"
    assert min(tries) <= PAINT_MAX, f"{page.url}: {tries} ms"
    return sum(weights), min(tries)
