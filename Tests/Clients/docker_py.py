#!/usr/bin/env python3
"""Docker's own client for Python drives a lab: three bare nodes, a swarm formed over them, everything in it, and its end.

    python3 Tests/Clients/docker_py.py [SWARMLAB]

SWARMLAB is the binary, `./swarmlab` by default. Nothing here knows that the engines are virtual. Each test's name is a
sentence that can be false. Without the package `docker` the tests are skipped, with a word.
"""
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

try:
    import docker
    from docker import errors, types
except ImportError:
    print("skipped: python3 has no package `docker` (pip install docker)")
    sys.exit(0)

BINARY = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1 else "./swarmlab")
ADDRESSES = {"node1": "192.168.99.101", "node2": "192.168.99.102", "node3": "192.168.99.103"}
LAB = f"docker-py-{os.getpid()}"


def swarmlab(*words):
    done = subprocess.run([BINARY, *words, "--name", LAB], check=True, capture_output=True, text=True)
    return done.stdout


def eventually(question, seconds=30):
    """The question's answer, once it is true."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.1)


class LabTest(unittest.TestCase):
    """A lab of three nodes for each class; the first leads a swarm in which the second is a worker, the third a manager."""

    @classmethod
    def setUpClass(cls):
        nodes = [word for name, ip in ADDRESSES.items() for word in ("--node", f"{name}={ip}")]
        swarmlab("up", "--bare", "--seed", "7", *nodes)
        cls.addClassCleanup(swarmlab, "down")
        cls.hosts = {}
        cls.clients = {}
        for name in ADDRESSES:
            host = re.search(r"DOCKER_HOST=[\"']?([^\"'\s;]+)", swarmlab("env", name)).group(1)
            cls.hosts[name] = host
            cls.clients[name] = docker.DockerClient(base_url=host)
            cls.addClassCleanup(cls.clients[name].close)
        cls.client = cls.clients["node1"]

    @classmethod
    def form_swarm(cls):
        cls.client.swarm.init(advertise_addr=ADDRESSES["node1"])
        tokens = cls.client.swarm.attrs["JoinTokens"]
        remote = [f"{ADDRESSES['node1']}:2377"]
        cls.clients["node2"].swarm.join(remote_addrs=remote, join_token=tokens["Worker"])
        cls.clients["node3"].swarm.join(remote_addrs=remote, join_token=tokens["Manager"])

    def running(self, service, count):
        """The service's running tasks, once there are so many."""
        def tasks():
            found = [t for t in service.tasks({"desired-state": "running"}) if t["Status"]["State"] == "running"]
            return found if len(found) == count else None
        found = eventually(tasks)
        self.assertIsNotNone(found, service.tasks())
        return found


class Engine(LabTest):
    """One node without a swarm."""

    def test_the_client_negotiates_the_newest_version(self):
        self.assertEqual(self.client.version()["ApiVersion"], "1.51")
        self.assertTrue(self.client.ping())
        self.assertEqual(self.client.info()["Swarm"]["LocalNodeState"], "inactive")

    def test_a_container_runs_and_gives_back_what_it_printed(self):
        self.assertEqual(self.client.containers.run("alpine", "echo hello", remove=True), b"hello\n")
        with self.assertRaises(errors.ContainerError) as caught:
            self.client.containers.run("alpine", ["sh", "-c", "echo no >&2; exit 3"], remove=True)
        self.assertEqual(caught.exception.exit_status, 3)
        self.assertEqual(caught.exception.stderr, b"no\n")

    def test_a_container_lives_through_its_whole_life(self):
        box = self.client.containers.run("busybox", "top", name="life", detach=True, labels={"of": "life"})
        self.addCleanup(lambda: box.remove(force=True))
        self.assertEqual([c.id for c in self.client.containers.list(filters={"label": "of=life"})], [box.id])
        box.pause()
        box.reload()
        self.assertEqual(box.status, "paused")
        box.unpause()
        box.rename("afterlife")
        self.assertEqual(self.client.containers.get("afterlife").id, box.id)
        self.assertIn("top", " ".join(box.top()["Processes"][0]))
        box.update(cpu_shares=512)
        box.kill()
        self.assertEqual(box.wait()["StatusCode"], 137)
        box.start()
        self.assertEqual(box.stats(stream=False)["name"], "/afterlife")
        box.stop(timeout=0)
        with self.assertRaises(errors.APIError) as caught:
            box.kill()
        self.assertEqual(caught.exception.status_code, 409)

    def test_a_command_in_a_container_has_streams_and_a_status(self):
        box = self.client.containers.run("alpine", "top", detach=True)
        self.addCleanup(lambda: box.remove(force=True))
        for _ in range(5):
            self.assertEqual(box.exec_run("whoami"), (0, b"root\n"))
        self.assertEqual(box.exec_run(["sh", "-c", "exit 7"]).exit_code, 7)
        status, (out, err) = box.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
        self.assertEqual((status, out, err), (0, b"out\n", b"err\n"))
        self.assertIn(b"A=1", box.exec_run("env", environment={"A": "1"}).output)
        self.assertEqual(b"".join(box.exec_run("echo streamed", stream=True).output), b"streamed\n")

    def test_what_an_ended_container_printed_can_be_attached_to(self):
        box = self.client.containers.create("alpine", "echo hello")
        self.addCleanup(lambda: box.remove(force=True))
        box.start()
        box.wait()
        self.assertEqual(box.attach(stream=False, logs=True), b"hello\n")
        self.assertEqual(box.logs(timestamps=False), b"hello\n")

    def test_what_is_typed_reaches_a_container(self):
        box = self.client.containers.create("alpine", "cat", stdin_open=True)
        self.addCleanup(lambda: box.remove(force=True))
        socket = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
        box.start()
        socket._sock.sendall(b"typed\n")
        self.assertTrue(eventually(lambda: box.logs() == b"typed\n"))
        socket.close()

    def test_files_go_in_and_come_out(self):
        box = self.client.containers.run("alpine", "top", detach=True)
        self.addCleanup(lambda: box.remove(force=True))
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("note")
            entry.size = 5
            tar.addfile(entry, io.BytesIO(b"hello"))
        self.assertTrue(box.put_archive("/tmp", archive.getvalue()))
        self.assertEqual(box.exec_run("cat /tmp/note").output, b"hello")
        pieces, about = box.get_archive("/tmp/note")
        self.assertEqual((about["name"], about["size"]), ("note", 5))
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
            self.assertEqual(tar.extractfile("note").read(), b"hello")
        self.assertIn({"Path": "/tmp/note", "Kind": 1}, box.diff())

    def test_images_are_pulled_named_and_removed(self):
        image = self.client.images.pull("redis", tag="7")
        self.assertIn("redis:7", image.tags)
        self.assertTrue(image.tag("mine", "1"))
        self.assertIn("mine:1", self.client.images.get("redis:7").tags)
        self.assertTrue(image.history())
        self.assertIn("redis", [found["name"] for found in self.client.images.search("redis")])
        self.client.images.remove("mine:1")
        with self.assertRaises(errors.ImageNotFound):
            self.client.images.get("mine:1")
        self.assertEqual(self.client.images.get_registry_data("redis:7").attrs["Descriptor"]["digest"][:7], "sha256:")

    def test_volumes_and_networks_of_one_engine(self):
        volume = self.client.volumes.create("data", labels={"a": "b"})
        network = self.client.networks.create("net", ipam=types.IPAMConfig(
            pool_configs=[types.IPAMPool(subnet="10.77.0.0/24", gateway="10.77.0.1")]))
        box = self.client.containers.run("alpine", "top", detach=True, volumes={"data": {"bind": "/data"}})
        network.connect(box, aliases=["box"], ipv4_address="10.77.0.9")
        network.reload()
        self.assertEqual([c.id for c in network.containers], [box.id])
        box.reload()
        self.assertEqual(box.attrs["NetworkSettings"]["Networks"]["net"]["IPAddress"], "10.77.0.9")
        with self.assertRaises(errors.APIError) as caught:
            volume.remove()
        self.assertEqual(caught.exception.status_code, 409)
        network.disconnect(box)
        box.remove(force=True)
        network.remove()
        volume.remove()
        with self.assertRaises(errors.NotFound):
            self.client.volumes.get("data")

    def test_events_tell_what_happens(self):
        seen = []
        stream = self.client.events(decode=True, filters={"type": "container", "image": "busybox:1"})
        reader = threading.Thread(target=lambda: seen.extend(stream), daemon=True)
        reader.start()
        self.client.containers.run("busybox:1", "true", remove=True)
        self.assertTrue(eventually(lambda: "destroy" in [e["Action"] for e in seen]))
        stream.close()
        self.assertEqual([e["Action"] for e in seen if e["Action"] in ("create", "start", "die")],
                         ["create", "start", "die"])


class Swarm(LabTest):
    """A swarm, from its first node to its last."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form_swarm()

    def setUp(self):
        for service in self.client.services.list():
            service.remove()

    def test_every_node_is_ready_and_can_be_changed(self):
        nodes = {n.attrs["Description"]["Hostname"]: n for n in self.client.nodes.list()}
        self.assertEqual({n.attrs["Status"]["State"] for n in nodes.values()}, {"ready"})
        self.assertEqual(len(self.client.nodes.list(filters={"role": "manager"})), 2)
        spec = dict(nodes["node2"].attrs["Spec"], Labels={"disk": "ssd"})
        nodes["node2"].update(spec)
        self.assertEqual([n.id for n in self.client.nodes.list(filters={"node.label": "disk=ssd"})],
                         [nodes["node2"].id])
        with self.assertRaises(errors.APIError) as caught:
            nodes["node2"].update(spec)
        self.assertIn("update out of sequence", str(caught.exception))

    def test_the_spec_of_the_swarm_can_be_changed_and_its_tokens_too(self):
        before = self.client.swarm.attrs["JoinTokens"]["Worker"]
        self.client.swarm.update(rotate_worker_token=True, task_history_retention_limit=3)
        self.client.swarm.reload()
        self.assertNotEqual(self.client.swarm.attrs["JoinTokens"]["Worker"], before)
        self.assertEqual(self.client.swarm.attrs["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"], 3)

    def test_a_service_runs_scales_updates_and_rolls_back(self):
        service = self.client.services.create(
            "nginx:1.25", name="web", mode=types.ServiceMode("replicated", 2), env=["A=1"], labels={"app": "web"},
            endpoint_spec=types.EndpointSpec(ports={8080: 80}),
            update_config=types.UpdateConfig(parallelism=2, monitor=100_000_000))
        self.running(service, 2)
        service.scale(3)
        self.running(service, 3)
        # This client sends the defaults back that an inspect shows, which is an update of every task.
        self.assertTrue(eventually(lambda: self.reloaded(service)["UpdateStatus"]["State"] == "completed"))
        service.update(image="nginx:1.26")
        new = lambda t: t["Spec"]["ContainerSpec"]["Image"].startswith("nginx:1.26")
        self.assertTrue(eventually(lambda: sum(map(new, self.running(service, 3))) == 3))
        self.assertTrue(eventually(lambda: self.reloaded(service)["UpdateStatus"]["State"] == "completed"))
        self.assertEqual(service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"], ["A=1"])
        service.force_update()
        self.assertTrue(eventually(lambda: self.reloaded(service)["UpdateStatus"]["State"] == "completed"))
        service.client.api._post_json(
            service.client.api._url("/services/{0}/update", service.id), data=service.attrs["Spec"],
            params={"version": service.version, "rollback": "previous"}).raise_for_status()
        old = lambda t: t["Spec"]["ForceUpdate"] == 0
        self.assertTrue(eventually(lambda: sum(map(old, self.running(service, 3))) == 3))
        self.assertEqual([s.name for s in self.client.services.list(filters={"label": "app=web"})], ["web"])
        service.remove()
        with self.assertRaises(errors.NotFound):
            self.client.services.get("web")

    @staticmethod
    def reloaded(service):
        service.reload()
        return service.attrs

    def test_a_name_is_taken_once(self):
        self.client.services.create("nginx", name="once")
        with self.assertRaises(errors.APIError) as caught:
            self.client.services.create("nginx", name="once")
        self.assertEqual(caught.exception.status_code, 409)
        self.assertIn("name conflicts with an existing object", str(caught.exception))

    def test_secrets_and_configs_reach_the_containers_of_a_service(self):
        secret = self.client.secrets.create(name="password", data=b"s3cret", labels={"a": "b"})
        config = self.client.configs.create(name="settings", data=b"key = 1\n")
        service = self.client.services.create(
            "alpine", ["top"], name="reader", constraints=["node.hostname==node2"],
            secrets=[types.SecretReference(secret.id, "password")],
            configs=[types.ConfigReference(config.id, "settings", filename="/etc/settings")])
        task = self.running(service, 1)[0]
        box = self.clients["node2"].containers.get(task["Status"]["ContainerStatus"]["ContainerID"])
        self.assertEqual(box.exec_run("cat /run/secrets/password").output, b"s3cret")
        self.assertEqual(box.exec_run("cat /etc/settings").output, b"key = 1\n")
        with self.assertRaises(errors.APIError) as caught:
            secret.remove()
        self.assertIn("is in use by the following service: reader", str(caught.exception))
        service.remove()
        secret.remove()
        config.remove()

    def test_an_overlay_network_holds_services_and_plain_containers(self):
        network = self.client.networks.create("front", driver="overlay", attachable=True)
        self.addCleanup(lambda: eventually(lambda: self.removed(network)))
        service = self.client.services.create(
            "nginx", name="server", networks=["front"], constraints=["node.hostname==node1"])
        self.running(service, 1)
        self.assertEqual(network.attrs["Scope"], "swarm")
        box = self.client.containers.run("alpine", "top", name="plain", network="front", detach=True)
        self.addCleanup(lambda: box.remove(force=True))
        network.reload()
        self.assertIn(box.id, network.attrs["Containers"])
        self.assertEqual(service.attrs["Spec"]["TaskTemplate"]["Networks"][0]["Target"], network.id)

    @staticmethod
    def removed(network):
        try:
            network.remove()
            return True
        except errors.APIError:
            return False

    def test_jobs_end_and_global_services_are_everywhere(self):
        job = self.client.services.create(
            "lab/job", name="job", mode=types.ServiceMode("replicated-job", 2, concurrency=2))
        everywhere = self.client.services.create("alpine", ["top"], name="all", mode="global")
        self.assertTrue(eventually(lambda: [t["Status"]["State"] for t in job.tasks()] == ["complete"] * 2))
        self.assertEqual({t["NodeID"] for t in self.running(everywhere, 3)}, {n.id for n in self.client.nodes.list()})

    def test_the_logs_of_a_service_come_from_all_its_nodes(self):
        service = self.client.services.create("alpine", ["sh", "-c", "echo from $HOSTNAME; sleep 1000"], mode="global")
        self.running(service, 3)
        lines = lambda: b"".join(service.logs(stdout=True)).splitlines()
        self.assertTrue(eventually(lambda: len(set(lines())) == 3))

    def test_a_worker_says_that_it_is_no_manager(self):
        with self.assertRaises(errors.APIError) as caught:
            self.clients["node2"].services.list()
        self.assertEqual(caught.exception.status_code, 503)
        self.assertIn("Worker nodes can't be used to view or modify cluster state", str(caught.exception))

    def test_a_drained_node_gives_its_tasks_away(self):
        service = self.client.services.create("alpine", ["top"], name="moving", mode=types.ServiceMode("replicated", 3))
        self.running(service, 3)
        node = next(n for n in self.client.nodes.list() if n.attrs["Description"]["Hostname"] == "node2")
        node.update(dict(node.attrs["Spec"], Availability="drain"))
        self.assertTrue(eventually(lambda: node.id not in {t["NodeID"] for t in self.running(service, 3)}))
        node.reload()
        node.update(dict(node.attrs["Spec"], Availability="active"))


class Crowd(LabTest):
    """Many clients at once, over both doors."""

    def test_forty_clients_ask_at_once_and_all_are_answered(self):
        self.form_swarm()
        service = self.client.services.create("alpine", ["top"], mode=types.ServiceMode("replicated", 10))
        self.running(service, 10)
        answers = []

        def ask(number):
            client = docker.DockerClient(base_url=self.hosts["node1" if number % 2 else "node3"])
            try:
                for _ in range(10):
                    answers.append((len(client.nodes.list()), len(client.api.tasks())))
            finally:
                client.close()

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [(3, 10)] * 400)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="swarmlab-") as home:
        os.environ["SWARMLAB_HOME"] = home
        unittest.main(argv=sys.argv)
