/* One-way over libzmq's PUSH and PULL, the same bodies as check.mjs makes, each verified. The program is one end:
 *   push-pull receiver BYTES COUNT             binds, prints its address, then what it found
 *   push-pull sender BYTES COUNT ADDRESS       connects and sends
 * The clock begins after a tenth of the messages, as in roles/arrivals.mjs. systems/libzmq.mjs compiles and starts it. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

/* Messages that may wait at each end before the sender waits; small enough for bodies of 64 KiB. */
enum { high_water_mark_bytes = 32 * 1024 * 1024, high_water_mark_most = 100000 };

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int is_intact(const unsigned char *body, size_t length, uint32_t number, size_t bytes) {
  if (length != bytes) return 0;
  uint32_t claimed =
      (uint32_t)body[0] << 24 | (uint32_t)body[1] << 16 | (uint32_t)body[2] << 8 | (uint32_t)body[3];
  return claimed == number && body[bytes - 1] == (unsigned char)(number * 31);
}

static void mark(unsigned char *body, uint32_t number, size_t bytes) {
  body[0] = number >> 24;
  body[1] = number >> 16;
  body[2] = number >> 8;
  body[3] = number;
  body[bytes - 1] = (unsigned char)(number * 31);
}

static void limit(void *socket, size_t bytes) {
  size_t messages = high_water_mark_bytes / bytes;
  int mark = (int)(messages > high_water_mark_most ? high_water_mark_most : messages);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof mark);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof mark);
}

static void receive(void *context, size_t bytes, uint32_t count) {
  void *socket = zmq_socket(context, ZMQ_PULL);
  limit(socket, bytes);
  if (zmq_bind(socket, "tcp://127.0.0.1:*") != 0) fail("bind");
  char address[64];
  size_t address_bytes = sizeof address;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &address_bytes);
  printf("{\"type\":\"ready\",\"address\":\"%s\"}\n", address);
  fflush(stdout);
  double started = 0;
  uint32_t warm = count / 10;
  uint32_t verified = 0;
  zmq_msg_t message;
  zmq_msg_init(&message);
  for (uint32_t number = 0; number < count; number++) {
    if (zmq_msg_recv(&message, socket, 0) < 0) fail("receive");
    if (number == warm) started = now_us();
    verified += is_intact(zmq_msg_data(&message), zmq_msg_size(&message), number, bytes);
  }
  double rate = (count - warm) * 1e6 / (now_us() - started);
  printf("{\"type\":\"done\",\"verified\":%u,\"figures\":{\"rate\":%.1f}}\n", verified, rate);
  fflush(stdout);
}

static void send_all(void *context, size_t bytes, uint32_t count, const char *address) {
  void *socket = zmq_socket(context, ZMQ_PUSH);
  limit(socket, bytes);
  if (zmq_connect(socket, address) != 0) fail("connect");
  for (uint32_t number = 0; number < count; number++) {
    zmq_msg_t message;
    zmq_msg_init_size(&message, bytes);
    mark(zmq_msg_data(&message), number, bytes);
    if (zmq_msg_send(&message, socket, 0) < 0) fail("send");
  }
}

/* Its input ends when whoever started it has ended, in whatever way. */
static void *end_with_parent(void *nothing) {
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  _exit(0);
  return nothing;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    printf("%d.%d.%d\n", major, minor, patch);
    return 0;
  }
  if (argc < 4) return 2;
  pthread_t watch;
  if (pthread_create(&watch, NULL, end_with_parent, NULL) != 0) return 1;
  void *context = zmq_ctx_new();
  size_t bytes = strtoul(argv[2], NULL, 10);
  uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
  if (strcmp(argv[1], "receiver") == 0) receive(context, bytes, count);
  else if (argc == 5) send_all(context, bytes, count, argv[4]);
  pthread_join(watch, NULL);
  return 0;
}
