"""Uses the task queues huey, rq (with rq-scheduler) and Celery.

Whatever needs scripts or streams is skipped, by name. The rest of a worker has checks of its own.
"""

import logging
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from operator import add  # The task of huey and rq, which must not be of this file.

import celery
import huey
import kombu
import redis
import rq
import rq.command
import rq.scheduler
import rq_scheduler

from with_server import WithServer, run_with_server

SCRIPTS = [b"EVALSHA", b"SCRIPT"]
STREAMS = [b"XADD", b"XREVRANGE"]
PAST = datetime(2020, 1, 1, tzinfo=timezone.utc)
IN_AN_HOUR = timedelta(hours=1)


class WithQueue(WithServer):
    def client(self):
        client = redis.Redis(port=self.server.port)
        self.addCleanup(client.close)
        return client

    def url(self):
        return f"redis://127.0.0.1:{self.server.port}/0"


def program(name):
    """Returns the path of a program that a package has installed beside this Python."""
    return os.path.join(os.path.dirname(sys.executable), name)


class Huey(WithQueue):
    def start(self, workers=2, **options):
        """Returns a queue whose workers wait in BRPOP."""
        tasks = huey.RedisHuey("tasks", port=self.server.port, **options)
        consumer = tasks.create_consumer(workers=workers, periodic=False, initial_delay=0.01)
        consumer.start()
        self.addCleanup(consumer.stop, graceful=True)
        return tasks

    def test_runs_tasks_in_waiting_workers(self):
        tasks = self.start(workers=4)
        task = tasks.task()(add)
        results = [task(number, 1) for number in range(100)]
        self.assertEqual([result.get(blocking=True, timeout=10) for result in results],
                         list(range(1, 101)))
        self.assertEqual(tasks.pending_count(), 0)

    def test_a_task_that_fails_is_tried_again(self):
        tries = []

        def fail_once():
            tries.append(1)
            if len(tries) == 1:
                raise ValueError("once")
            return len(tries)

        result = self.start().task(retries=1)(fail_once)()
        try:
            value = result.get(blocking=True, timeout=10)
        except huey.exceptions.TaskException:
            # Until the second try ends, the result is the error of the first.
            result.reset()
            value = result.get(blocking=True, timeout=10)
        self.assertEqual(value, 2)

    def test_keeps_tasks_in_order_and_revokes_them(self):
        tasks = huey.RedisHuey("tasks", port=self.server.port)
        task = tasks.task()(add)
        results = [task(number, 0) for number in range(5)]
        results[2].revoke()
        self.assertEqual([one.args[0] for one in tasks.pending()], [0, 1, 2, 3, 4])
        for _ in range(5):
            tasks.execute(tasks.dequeue())
        self.assertEqual([result.get() for result in results], [0, 1, None, 3, 4])
        with tasks.lock_task("lock"):
            self.assertTrue(tasks.is_locked("lock"))

    def test_runs_a_task_later(self):
        self.needs(*SCRIPTS)
        result = self.start().task()(add).schedule((1, 2), delay=0.1)
        self.assertEqual(result.get(blocking=True, timeout=10), 3)


class Rq(WithQueue):
    def test_queues_jobs_and_hands_them_out(self):
        client = self.client()
        jobs = rq.Queue("jobs", connection=client)
        sent = [jobs.enqueue(add, number, 1) for number in range(5)]
        self.assertEqual((len(jobs), jobs.job_ids), (5, [job.id for job in sent]))
        self.assertEqual(rq.Queue.all(connection=client), [jobs])
        job = rq.job.Job.fetch(sent[3].id, connection=client)
        self.assertEqual((job.args, job.get_status(), job.get_position()), ((3, 1), "queued", 3))
        jobs.remove(sent[1])
        taken = []
        for _ in range(4):
            job, _ = rq.Queue.dequeue_any([jobs], timeout=1, connection=client)
            taken.append(job.perform())
        self.assertEqual(taken, [1, 3, 4, 5])
        with self.assertRaises(rq.exceptions.DequeueTimeout):
            rq.Queue.dequeue_any([jobs], timeout=1, connection=client)

    def test_runs_jobs_in_a_worker(self):
        self.needs(*STREAMS)
        client = self.client()
        jobs = rq.Queue("jobs", connection=client)
        sent = [jobs.enqueue(add, number, 1) for number in range(5)]
        rq.SimpleWorker([jobs], connection=client).work(burst=True, logging_level="ERROR")
        self.assertEqual([job.return_value() for job in sent], [1, 2, 3, 4, 5])

    def test_runs_jobs_without_results_in_a_worker(self):
        """A result is a stream. A worker runs jobs that have none, and is told to stop by a message."""
        client = self.client()
        jobs = rq.Queue("jobs", connection=client)
        with tempfile.TemporaryDirectory() as directory:
            paths = [os.path.join(directory, *"abcd"[:depth]) for depth in range(1, 5)]
            # Each job makes a directory in that of the job before.
            before = None
            for path in paths:
                before = jobs.enqueue(os.mkdir, path, result_ttl=0, depends_on=before)
            worker = subprocess.Popen([program("rq"), "worker", "jobs", "--url", self.url()],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(worker.wait)
            self.addCleanup(worker.kill)
            self.wait_until(lambda: os.path.isdir(paths[-1]), "the last job is not run")
            [running] = rq.Worker.all(connection=client)
            rq.command.send_shutdown_command(client, running.name)
            self.assertEqual(worker.wait(20), 0)
        self.assertEqual((len(jobs), rq.Worker.count(connection=client)), (0, 0))

    def test_schedules_jobs(self):
        jobs = rq.Queue("jobs", connection=self.client())
        later, due = jobs.enqueue_in(IN_AN_HOUR, add, 1, 1), jobs.enqueue_at(PAST, add, 1, 2)
        scheduled = jobs.scheduled_job_registry
        self.assertEqual((scheduled.get_job_ids(), jobs.job_ids), ([due.id, later.id], []))
        self.assertEqual((scheduled.get_scheduled_time(due), due.get_status()),
                         (PAST, "scheduled"))
        scheduler = rq.scheduler.RQScheduler([jobs], connection=jobs.connection)
        # A scheduler that works takes a lock first, by a script.
        scheduler.prepare_registries(["jobs"])
        scheduler.enqueue_scheduled_jobs()
        self.assertEqual((scheduled.get_job_ids(), jobs.job_ids), ([later.id], [due.id]))
        later.cancel()
        self.assertEqual((scheduled.get_job_ids(), len(jobs.canceled_job_registry)), ([], 1))

    def test_runs_scheduled_jobs_in_a_worker(self):
        self.needs(*SCRIPTS, *STREAMS)
        jobs = rq.Queue("jobs", connection=self.client())
        jobs.enqueue_in(IN_AN_HOUR, add, 1, 1)
        soon = jobs.enqueue_in(timedelta(seconds=1), add, 1, 2)
        worker = subprocess.Popen(
            [program("rq"), "worker", "jobs", "--with-scheduler", "--url", self.url()],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(soon.latest_result(timeout=20).return_value, 3)
        finally:
            worker.terminate()
            worker.wait(20)
        self.assertEqual(len(jobs.scheduled_job_registry), 1)


class RqScheduler(WithQueue):
    def setUp(self):
        super().setUp()
        self.scheduler = rq_scheduler.Scheduler("jobs", connection=self.client())
        self.jobs = rq.Queue("jobs", connection=self.scheduler.connection)

    def queue_due_jobs(self):
        """Runs the scheduler's own program once. Returns the ids of all queued jobs."""
        subprocess.run([program("rqscheduler"), "--burst", "--url", self.url()], check=True,
                       timeout=30, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.jobs.job_ids

    def test_queues_due_jobs(self):
        scheduler = self.scheduler
        later = scheduler.enqueue_in(IN_AN_HOUR, add, 1, 1)
        due = [scheduler.enqueue_at(PAST + timedelta(days=day), add, day, 1) for day in (2, 0, 1)]
        self.assertEqual((scheduler.count(), scheduler.count(PAST + timedelta(days=1))), (4, 2))
        self.assertEqual([job.args[0] for job in scheduler.get_jobs(offset=1, length=2)], [1, 2])
        self.assertEqual(self.queue_due_jobs(), [due[1].id, due[2].id, due[0].id])
        self.assertEqual(list(scheduler.get_jobs()), [later])
        self.assertIsNone(scheduler.connection.get(scheduler.scheduler_lock_key))

    def test_changes_and_cancels_jobs(self):
        scheduler = self.scheduler
        first, second = [scheduler.enqueue_in(IN_AN_HOUR, add, i, 1) for i in range(2)]
        scheduler.cancel(first)
        self.assertEqual((first in scheduler, second in scheduler), (False, True))
        scheduler.change_execution_time(second, PAST)
        self.assertEqual(list(scheduler.get_jobs(with_times=True)),
                         [(second, PAST.replace(tzinfo=None))])
        with self.assertRaisesRegex(ValueError, "not in scheduled jobs queue"):
            scheduler.change_execution_time(first, PAST)

    def test_repeats_a_job(self):
        scheduler = self.scheduler
        twice = scheduler.schedule(PAST, add, args=[1, 1], interval=3600, repeat=2)
        self.assertEqual(self.queue_due_jobs(), [twice.id])
        self.assertEqual((scheduler.count(timedelta(minutes=59)), list(scheduler.get_jobs())),
                         (0, [twice]))
        scheduler.change_execution_time(twice, PAST)
        self.assertEqual((self.queue_due_jobs(), scheduler.count()), ([twice.id] * 2, 0))


class Kombu(WithQueue):
    """The library below Celery."""

    def messages(self, no_ack):
        connection = kombu.Connection(self.url())
        self.addCleanup(connection.close)
        return connection.SimpleQueue("messages", no_ack=no_ack)

    def test_passes_messages_without_acknowledgement(self):
        messages = self.messages(no_ack=True)
        for number in range(20):
            messages.put({"number": number})
        self.assertEqual(messages.qsize(), 20)
        # A look at an empty queue would also look for messages that were not acknowledged.
        self.assertEqual([messages.get(timeout=5).payload["number"] for _ in range(20)],
                         list(range(20)))

    def test_passes_messages_with_acknowledgement(self):
        self.needs(*SCRIPTS)
        messages = self.messages(no_ack=False)
        messages.put("hello")
        message = messages.get(timeout=5)
        message.ack()
        self.assertEqual(message.payload, "hello")

    def test_passes_a_message_to_all_listeners(self):
        hold_kombus_lock(self.client())
        exchange, found = kombu.Exchange("news", type="fanout"), []
        listening = [self.listen(exchange, name, found) for name in ("first", "second")]
        with kombu.Connection(self.url()) as connection:
            connection.Producer().publish("hello", exchange=exchange, declare=[exchange])
        for connection in listening:
            connection.drain_events(timeout=10)
        self.assertEqual(found, [("first", "hello"), ("second", "hello")])

    def listen(self, exchange, name, found):
        """Returns a connection with a queue of that name, which has subscribed."""
        connection = kombu.Connection(self.url())
        self.addCleanup(connection.close)
        consumer = connection.Consumer(kombu.Queue(name, exchange), no_ack=True)
        consumer.register_callback(lambda body, _: found.append((name, body)))
        consumer.consume()
        # Receives the confirmation.
        connection.drain_events(timeout=10)
        return connection


def hold_kombus_lock(client):
    """Holds the lock that kombu takes to look for messages that a dead worker has not acknowledged.
    Kombu releases it by a script; if somebody else holds it, kombu goes on without looking."""
    client.set("unacked_mutex", "held")


def plus(a, b):
    """Celery's task, which must not be built in."""
    return a + b


class Celery(WithQueue):
    def app(self, **options):
        app = celery.Celery("app", broker=self.url(), **options)
        self.addCleanup(app.close)
        return app, app.task(name="add")(plus)

    def test_sends_tasks(self):
        _, task = self.app()
        for number in range(5):
            task.apply_async((number, 1), ignore_result=True)
        self.assertEqual(self.client().llen("celery"), 5)

    def results(self):
        return f"redis://127.0.0.1:{self.server.port}/1"

    def start_worker(self, *options):
        worker = subprocess.Popen(
            [sys.executable, __file__, "--worker", str(self.server.port), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker

    def test_runs_tasks_in_a_worker(self):
        self.needs(*SCRIPTS)
        _, task = self.app(backend=self.results())
        worker = self.start_worker()
        results = [task.delay(number, 1) for number in range(5)]
        self.assertEqual([result.get(timeout=20) for result in results], [1, 2, 3, 4, 5])
        worker.terminate()
        self.assertEqual(worker.wait(20), 0)

    def test_runs_tasks_in_a_worker_that_needs_no_scripts(self):
        """It is not controlled from elsewhere, and does not take over the tasks of dead workers."""
        hold_kombus_lock(self.client())
        _, task = self.app(backend=self.results())
        worker = self.start_worker("--without-scripts")
        results = [task.delay(number, 1) for number in range(20)]
        self.assertEqual([result.get(timeout=20) for result in results], list(range(1, 21)))
        with self.assertRaises(TypeError):
            task.delay(1, "two").get(timeout=20)
        chain = task.s(1, 2) | task.s(3) | task.s(4)
        self.assertEqual(chain.apply_async(countdown=0.1).get(timeout=20), 10)
        group = celery.group(task.s(number, number) for number in range(3))
        self.assertEqual(group().get(timeout=20), [0, 2, 4])
        # All messages are acknowledged.
        worker.terminate()
        self.assertEqual(worker.wait(20), 0)
        self.assertEqual(self.client().exists("celery", "unacked", "unacked_index"), 0)


def work(port, *options):
    """Runs a worker of Celery, in a process of its own."""
    app = celery.Celery("app", broker=f"redis://127.0.0.1:{port}/0",
                        backend=f"redis://127.0.0.1:{port}/1")
    app.task(name="add")(plus)
    arguments = ["worker", "--pool=solo", "--loglevel=ERROR"]
    if "--without-scripts" in options:
        app.conf.worker_enable_remote_control = False
        arguments += ["--without-mingle", "--without-gossip"]
    app.worker_main(arguments)


if __name__ == "__main__":
    logging.disable()
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:])
    else:
        run_with_server()
