"""Uses rate limiters: walrus, throttled-py, pylimit, asyncio-redis-rate-limit, limits, INCREX.

The checks do not wait until a window ends: they change the stored times instead.
"""

import asyncio
import threading
import time

import asyncio_redis_rate_limit
import limits
import pylimit
import redis
import throttled
import walrus

from with_server import WithServer, run_with_server

SCRIPTS = [b"EVALSHA", b"SCRIPT"]


class WithLimiter(WithServer):
    def setUp(self):
        super().setUp()
        self.client = redis.Redis(port=self.server.port, decode_responses=True)
        self.addCleanup(self.client.close)

    def url(self):
        return f"redis://127.0.0.1:{self.server.port}/0"

    def only_key(self):
        [key] = self.client.keys()
        return key

    def in_ten_threads(self, call):
        """Calls 20 times in each thread. Returns all results."""
        results = []
        threads = [threading.Thread(target=lambda: results.extend(call() for _ in range(20)))
                   for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


class Walrus(WithLimiter):
    """A list holds the times of the last calls."""

    def setUp(self):
        super().setUp()
        database = walrus.Database(port=self.server.port)
        self.addCleanup(database.close)
        self.limiter = database.rate_limit("calls", limit=3, per=60)

    def test_limits_the_calls_in_a_window(self):
        self.assertEqual([self.limiter.limit("me") for _ in range(5)],
                         [False, False, False, True, True])
        self.assertFalse(self.limiter.limit("you"))
        self.assertIn(self.client.pttl("calls:me"), range(1, 120_001))

    def test_a_call_is_let_through_after_an_old_one(self):
        for _ in range(3):
            self.limiter.limit("me")
        self.client.lset("calls:me", -1, time.time() - 61)
        self.assertEqual([self.limiter.limit("me"), self.limiter.limit("me")], [False, True])
        self.assertEqual(self.client.llen("calls:me"), 3)

    def test_limits_a_function(self):
        double = self.limiter.rate_limited()(lambda number: 2 * number)
        self.assertEqual([double(4), double(4), double(4), double(5)], [8, 8, 8, 10])
        with self.assertRaises(walrus.RateLimitException):
            double(4)


class ThrottledPy(WithLimiter):
    def limiter(self, kind, quota):
        store = throttled.RedisStore(server=self.url())
        return throttled.Throttled(using=kind, quota=quota, store=store)

    def test_counts_the_calls_of_a_week(self):
        limiter = self.limiter("fixed_window", throttled.per_week(4))
        results = [limiter.limit("me", cost) for cost in (1, 2, 1, 1)]
        self.assertEqual([(result.limited, result.state.remaining) for result in results],
                         [(False, 3), (False, 1), (False, 0), (True, 0)])
        self.assertEqual((limiter.peek("me").remaining, limiter.peek("you").remaining), (0, 4))
        self.assertIn(self.client.ttl(self.only_key()), range(1, 7 * 86_400 + 1))

    def test_lets_exactly_the_limit_through_in_many_threads(self):
        limiter = self.limiter("fixed_window", throttled.per_week(50))
        limited = self.in_ten_threads(lambda: limiter.limit("me").limited)
        self.assertEqual((len(limited), limited.count(False)), (200, 50))

    def test_limits_by_scripts(self):
        self.needs(*SCRIPTS)
        for kind in ("sliding_window", "token_bucket", "leaking_bucket", "gcra"):
            with self.subTest(kind):
                limiter = self.limiter(kind, throttled.per_hour(3, burst=3))
                self.assertEqual([limiter.limit(kind).limited for _ in range(5)],
                                 [False, False, False, True, True])


class Pylimit(WithLimiter):
    """A sorted set holds the times of the calls, in microseconds."""

    def setUp(self):
        super().setUp()
        pylimit.PyRateLimit.redis_helper = None
        pylimit.PyRateLimit.init("127.0.0.1", self.server.port)
        self.addCleanup(lambda: pylimit.PyRateLimit.redis_helper.get_connection().close())
        self.limiter = pylimit.PyRateLimit(period=60, limit=3)

    def test_limits_the_calls_in_a_window(self):
        self.assertEqual([self.limiter.attempt("me") for _ in range(5)],
                         [True, True, True, False, False])
        self.assertEqual((self.limiter.is_rate_limited("me"),
                          self.limiter.is_rate_limited("you")), (True, False))
        self.assertIn(self.client.ttl("me"), range(1, 61))

    def test_forgets_old_calls(self):
        now = time.time() * 1_000_000
        self.client.zadd("me", {"a": now - 62e6, "b": now - 61e6, "c": now - 30e6})
        self.assertEqual([self.limiter.attempt("me") for _ in range(3)], [True, True, False])
        self.assertEqual((self.client.zcard("me"), self.client.zrange("me", 0, 0)), (4, ["c"]))


class AsyncioRedisRateLimit(WithLimiter):
    """A transaction counts a call and sets when a new counter expires."""

    def run_calls(self, work):
        async def run():
            async with redis.asyncio.Redis(port=self.server.port) as client:
                spec = asyncio_redis_rate_limit.RateSpec(requests=5, seconds=60)

                @asyncio_redis_rate_limit.rate_limit(spec, client)
                async def call():
                    return "passed"

                return await work(call)

        return asyncio.run(run())

    def test_lets_exactly_the_limit_through_in_many_tasks(self):
        async def work(call):
            return await asyncio.gather(*(call() for _ in range(30)), return_exceptions=True)

        results = self.run_calls(work)
        self.assertEqual(results.count("passed"), 5)
        errors = [result for result in results if result != "passed"]
        self.assertEqual(sorted(error.args[1] for error in errors), list(range(6, 31)))
        for error in errors:
            self.assertIsInstance(error, asyncio_redis_rate_limit.RateLimitError)

    def test_counts_anew_when_the_counter_has_expired(self):
        async def work(call):
            for _ in range(5):
                await call()
            key = self.only_key()
            self.assertIn(self.client.ttl(key), range(1, 61))
            self.client.expire(key, 20)
            with self.assertRaises(asyncio_redis_rate_limit.RateLimitError):
                await call()
            self.assertIn(self.client.ttl(key), range(1, 21))
            self.client.pexpireat(key, 1)
            return await call()

        self.assertEqual(self.run_calls(work), "passed")
        self.assertEqual(self.client.get(self.only_key()), "1")


class Increx(WithLimiter):
    """One command of Redis 8 counts up to a bound and sets when a new counter expires."""

    def call(self):
        return self.client.increx("calls", ubound=50, ex=60, enx=True)

    def test_lets_exactly_the_limit_through_in_many_threads(self):
        self.needs(b"INCREX")
        results = sorted(self.in_ten_threads(self.call))
        self.assertEqual(results, [[i, 1] for i in range(1, 50)] + [[50, 0]] * 150 + [[50, 1]])
        self.assertIn(self.client.ttl("calls"), range(1, 61))

    def test_counts_anew_when_the_counter_has_expired(self):
        self.needs(b"INCREX")
        self.client.set("calls", 50, ex=20)
        self.assertEqual(self.call(), [50, 0])
        self.assertIn(self.client.ttl("calls"), range(1, 21))
        self.client.pexpireat("calls", 1)
        self.assertEqual(self.call(), [1, 1])
        self.assertIn(self.client.ttl("calls"), range(21, 61))


class Limits(WithLimiter):
    RATE = limits.parse("3/minute")

    def limiter(self, strategy):
        storage = limits.storage.storage_from_string(self.url())
        self.addCleanup(storage.get_connection().close)
        self.assertTrue(storage.check())
        return strategy(storage)

    def test_reads_and_clears_a_window(self):
        limiter = self.limiter(limits.strategies.FixedWindowRateLimiter)
        self.client.set(f"LIMITS:{self.RATE.key_for('me')}", 2, ex=60)
        self.assertEqual((limiter.test(self.RATE, "me"), limiter.test(self.RATE, "me", cost=2)),
                         (True, False))
        ends, remaining = limiter.get_window_stats(self.RATE, "me")
        self.assertEqual(remaining, 1)
        self.assertAlmostEqual(ends, time.time() + 60, delta=20)
        limiter.clear(self.RATE, "me")
        self.assertEqual(limiter.get_window_stats(self.RATE, "me").remaining, 3)

    def test_limits_by_scripts(self):
        self.needs(*SCRIPTS)
        for strategy in (limits.strategies.FixedWindowRateLimiter,
                         limits.strategies.MovingWindowRateLimiter,
                         limits.strategies.SlidingWindowCounterRateLimiter):
            with self.subTest(strategy.__name__):
                limiter, who = self.limiter(strategy), strategy.__name__
                self.assertEqual([limiter.hit(self.RATE, who) for _ in range(4)],
                                 [True, True, True, False])
                self.assertEqual(limiter.get_window_stats(self.RATE, who).remaining, 0)


if __name__ == "__main__":
    run_with_server()
