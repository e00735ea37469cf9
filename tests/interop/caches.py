"""Uses caches and sessions of web frameworks: django-redis, Flask-Caching, Flask-Session,
cachelib, aiocache; connect-redis under express, and @keyv/redis.
"""

import asyncio

import aiocache
import cachelib
import django
import django.conf
import flask
import flask_caching
import flask_session
import redis
from django.core.cache import caches

from node_clients import WithScripts
from with_server import WithServer, run_with_server


class Caches(WithServer):
    def client(self, **options):
        client = redis.Redis(port=self.server.port, **options)
        self.addCleanup(client.close)
        return client

    def url(self, database=0):
        return f"redis://127.0.0.1:{self.server.port}/{database}"

    def test_cachelib(self):
        cache = cachelib.RedisCache(port=self.server.port, key_prefix="lib:", default_timeout=60)
        self.assertTrue(cache.set("k", {"a": [1, 2]}))
        self.assertEqual(cache.get("k"), {"a": [1, 2]})
        self.assertFalse(cache.add("k", "another"))
        self.assertTrue(cache.add("new", "v", timeout=5))
        self.assertEqual(self.client().ttl("lib:new"), 5)
        self.assertEqual(set(cache.set_many({"x": 1, "y": 2})), {"x", "y"})
        self.assertEqual(cache.get_many("x", "none", "y"), [1, None, 2])
        self.assertEqual((cache.inc("n", 3), cache.dec("n"), cache.has("n")), (3, 2, True))
        self.assertTrue(cache.delete("k"))
        self.assertIsNone(cache.get("k"))
        self.assertTrue(cache.clear())
        self.assertEqual(self.client().dbsize(), 0)

    def test_aiocache(self):
        async def work():
            cache = aiocache.Cache(aiocache.Cache.REDIS, endpoint="127.0.0.1",
                                   port=self.server.port, namespace="aio",
                                   serializer=aiocache.serializers.JsonSerializer())
            async with cache:
                await cache.set("k", {"a": 1}, ttl=100)
                self.assertEqual(await cache.get("k"), {"a": 1})
                with self.assertRaises(ValueError):
                    await cache.add("k", 2)
                await cache.multi_set([("x", 1), ("y", [2])], ttl=50)
                self.assertEqual(await cache.multi_get(["x", "none", "y"]), [1, None, [2]])
                self.assertEqual(await cache.increment("n", 5), 5)
                self.assertTrue(await cache.exists("n"))
                self.assertTrue(await cache.expire("n", 10))
                self.assertEqual(await cache.delete("n"), 1)
                self.assertEqual(await cache.raw("ttl", "aio:k"), 100)
                self.assertTrue(await cache.clear(namespace="aio"))

        asyncio.run(work())
        self.assertEqual(self.client().dbsize(), 0)

    def test_flask_caching(self):
        app, calls = flask.Flask("app"), []
        cache = flask_caching.Cache(app, config={
            "CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": self.url(), "CACHE_KEY_PREFIX": "flask:",
            "CACHE_DEFAULT_TIMEOUT": 60})

        @app.route("/page")
        @cache.cached(timeout=30)
        def page():
            calls.append("page")
            return "the page"

        @cache.memoize(30)
        def double(number):
            calls.append(number)
            return number * 2

        with app.test_client() as web, app.app_context():
            self.assertEqual({web.get("/page").data for _ in range(3)}, {b"the page"})
            self.assertEqual([double(2), double(2), double(3)], [4, 4, 6])
            self.assertEqual(calls, ["page", 2, 3])
            cache.delete_memoized(double, 2)
            self.assertEqual((double(2), calls), (4, ["page", 2, 3, 2]))
            self.assertEqual(self.client().ttl("flask:view//page"), 30)
            cache.set_many({"a": 1, "b": 2})
            self.assertEqual(cache.get_dict("a", "b"), {"a": 1, "b": 2})
            self.assertTrue(cache.clear())
            self.assertEqual((web.get("/page").data, calls[-1]), (b"the page", "page"))

    def test_flask_session(self):
        app = flask.Flask("app")
        app.config.update(SESSION_TYPE="redis", SESSION_REDIS=self.client(),
                          PERMANENT_SESSION_LIFETIME=100)
        flask_session.Session(app)

        @app.route("/visit")
        def visit():
            flask.session["visits"] = flask.session.get("visits", 0) + 1
            return str(flask.session["visits"])

        @app.route("/leave")
        def leave():
            flask.session.clear()
            return "bye"

        one, other = app.test_client(), app.test_client()
        self.assertEqual([one.get("/visit").data for _ in range(3)], [b"1", b"2", b"3"])
        self.assertEqual(other.get("/visit").data, b"1")
        keys = self.client().keys("session:*")
        self.assertEqual(len(keys), 2)
        self.assertIn(self.client().ttl(keys[0]), (99, 100))
        one.get("/leave")
        self.assertEqual(len(self.client().keys("session:*")), 1)
        self.assertEqual((one.get("/visit").data, other.get("/visit").data), (b"1", b"2"))

    def django_cache(self):
        settings = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": self.url(1),
                    "OPTIONS": {"CLIENT_CLASS": "django_redis.client.DefaultClient"}}
        if not django.conf.settings.configured:
            django.conf.settings.configure(CACHES={"default": settings})
            django.setup()
        return caches["default"]

    def test_django_redis(self):
        cache = self.django_cache()
        cache.set("k", {"a": 1}, timeout=100)
        self.assertEqual((cache.get("k"), cache.get("none", "default")), ({"a": 1}, "default"))
        self.assertIn(cache.ttl("k"), (99, 100))
        self.assertFalse(cache.add("k", "another"))
        self.assertTrue(cache.set("once", 1, nx=True))
        cache.set_many({"x": 1, "y": "two"}, timeout=50)
        self.assertEqual(cache.get_many(["x", "y", "none"]), {"x": 1, "y": "two"})
        self.assertEqual((cache.incr("x"), cache.decr("x", 5)), (2, -3))
        self.assertTrue(cache.touch("x", 10))
        self.assertTrue(cache.persist("x"))
        self.assertIsNone(cache.ttl("x"))
        self.assertEqual(sorted(cache.keys("*")), ["k", "once", "x", "y"])
        self.assertEqual(sorted(cache.iter_keys("[xy]")), ["x", "y"])
        self.assertEqual(cache.get_or_set("made", lambda: "by a function", 10), "by a function")
        self.assertEqual(cache.delete_pattern("[xy]"), 2)
        self.assertTrue(cache.has_key("made"))
        cache.clear()
        self.assertEqual(self.client(db=1).dbsize(), 0)

    def test_django_redis_locks(self):
        self.needs(b"EVALSHA", b"SCRIPT")
        with self.django_cache().lock("job", timeout=10):
            self.assertEqual(self.client(db=1).dbsize(), 1)
        self.assertEqual(self.client(db=1).dbsize(), 0)


class CachesOfNode(WithScripts):
    def test_connect_redis_under_express(self):
        for package in ("redis", "redis5"):
            with self.subTest(package=package):
                self.run_script("connect_redis.js", NODE_REDIS=package, RESP="3")

    def test_keyv(self):
        self.run_script("keyv.js")


del WithScripts

if __name__ == "__main__":
    run_with_server()
