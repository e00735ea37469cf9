"""Messages: rates, processor time and the publishers' latency. Each load has its bar."""

from loads import sized
from measurement import Bar, Load, Measurement, Metric

# More would tell nothing new.
ROUNDS = 7


def measurement(quick):
    loads = [publish_load(f"{subscribers:,} subscribers, {publishers} publisher"
                          + "s" * (publishers > 1), subscribers, publishers, quick,
                          {"rate": Bar(at_least=1.0)})
             for subscribers, publishers in ((1, 1), (100, 1), (100, 50))]
    loads.append(publish_load("1,000 subscribers and one that never reads, 1 publisher", 1000, 1,
                              quick, {"p99": Bar(at_most=5, of_value=True)}, deaf=True))
    return Measurement(
        "publish", "Messages to many subscribers",
        "PUBLISH without a pipeline, 16 bytes, by `load --subscribers`. The rate is that at which "
        "all subscribers have the messages, the latency that of a PUBLISH until its reply. CPU is "
        "user and system time of the server for a message to one subscriber.",
        [Metric("rate", "messages/s"), Metric("p99", "p99, ms", "{:.2f}"),
         Metric("cpu", "CPU for each subscriber, us", "{:.2f}")], loads, most_rounds=ROUNDS)


def publish_load(name, subscribers, publishers, quick, bars, deaf=False):
    def run(server, tools):
        options = {"deaf": True} if deaf else {}

        def publish(count):
            before = server.cpu_seconds()
            found = tools.load(subscribers=subscribers, connections=publishers, requests=count,
                               **options)
            found["cpu"] = (server.cpu_seconds() - before) / count / subscribers * 1e6
            return found["per_second"], found
        _, found = sized(0.3 if quick else 3, publishers, 10_000_000, publish, least=100)
        return {"rate": found["per_second"], "p99": found["latency_us"]["p99"] / 1000,
                "cpu": found["cpu"]}
    return Load(name, run, clients=subscribers + publishers, bars=bars)
