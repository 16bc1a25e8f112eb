/*
 * Provider "libvirt" against a child of our own, which lives in the same loop: the other end of its
 * socketpair, that hears, says and leaves by a script.
 */

#include "base/buf.h"
#include "base/test.h"
#include "inventory/libvirt-private.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define A        "4c4c4544-0031-4210-8031-b2c04f4d4d3a"
#define B        "4c4c4544-0031-4210-8031-b2c04f4d4d3b"
#define PATIENCE (30 * USEC_PER_SEC) /* until a test is declared hung */

#define VM(uuid, rest)   "{\"vm\":{\"uuid\":\"" uuid "\",\"name\":" rest "}}"
#define A_RUNS           VM(A, "\"a\",\"power\":\"on\"")
#define B_IS_OFF         VM(B, "\"b\",\"power\":\"off\"")
#define LISTED           "{\"listed\":true}"
#define CHANNEL(rest)    "{\"channel\":{\"id\":" rest "}}"
#define ASKS(id, stream) "{\"channel\":{\"id\":" id ",\"uuid\":\"" A "\",\"stream\":" stream "}};"
#define ASKS_POWER(id, action)                                                                     \
        "{\"power\":{\"id\":" id ",\"uuid\":\"" A "\",\"action\":\"" action "\"}};"

/* What is asked of the provider. */
typedef enum AskKind {
        ASK_NOTHING,
        ASK_CHANNEL,
        ASK_POWER,
        ASK_REFRESH,
} AskKind;

typedef struct Ask {
        AskKind kind;
        PowerAction action;
        int error;
} Ask;

/*
 * One step: ask for @asks, wait until @hears has come, say @says, and wait until @tells has been
 * told. A script ends with a step that is empty.
 */
typedef struct Step {
        const char *hears, *says, *tells;
        const Ask *asks;
        bool with_fd;  /* what it says has a descriptor */
        bool hangs_up; /* the child ends */
        bool hangs;    /* it has not answered for long */
        bool retries;  /* it is time to start it again */
        bool fails;    /* and from now on there is no program */
        bool works;    /* it is installed again */
} Step;

typedef struct Child {
        Loop *loop;
        LoopIo io;
        LoopTask task;
        LoopTimer patience;
        Provider *provider;
        Buf heard, told;
        const Step *steps;
        size_t step, n_started;
        bool has_asked, has_said;
} Child;

static Child child;
static bool not_installed;

static int go_on(void);

static bool take(Buf *from, const char *wanted)
{
        size_t n = wanted ? strlen(wanted) : 0;

        if (from->size < n || (n > 0 && memcmp(from->data, wanted, n) != 0))
                return false;
        buf_drop(from, n);
        return true;
}

static void hang_up(void)
{
        loop_io_remove(&child.io);
        child.io.fd = fd_close(child.io.fd);
}

static void say_packet(const char *text, int fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec part = {.iov_base = (char *)text, .iov_len = strlen(text)};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

        if (fd >= 0) {
                message.msg_control = control.bytes;
                message.msg_controllen = sizeof(control.bytes);
                control.header = (struct cmsghdr){
                        .cmsg_len = CMSG_LEN(sizeof(int)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                };
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        }
        EXPECT(text, sendmsg(child.io.fd, &message, MSG_NOSIGNAL) == (ssize_t)strlen(text));
        fd_close(fd);
}

/* Several packets are parted by line ends. */
static void say(const char *text, bool with_fd)
{
        _cleanup_(freep) char *copy = strdup(text);
        char *rest = copy;

        for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
                say_packet(line, with_fd ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1);
}

static int child_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        char data[PACKET_BYTES_MAX];
        ssize_t n = recv(io->fd, data, sizeof(data), 0);

        (void)events;
        (void)now;
        if (n <= 0) {
                hang_up();
        } else if (n < 8 || memcmp(data, "{\"ping\":", 8) != 0) {
                buf_put(&child.heard, data, (size_t)n);
                buf_puts(&child.heard, ";");
        }
        return go_on();
}

static int start(const VmConfig *config, int fd, pid_t *ret)
{
        EXPECT_STR("its uri", config->uri, "test:///default");
        if (not_installed)
                return -ENOENT;
        child.n_started++;
        hang_up();
        child.io = (LoopIo){.fd = dup(fd), .on_ready = child_on_ready};
        *ret = 0;
        return loop_add_io(child.loop, &child.io, EPOLLIN);
}

static void ask(const Ask *asks)
{
        Usec now = loop_now(child.loop);
        ProviderResult result;

        switch (asks->kind) {
        case ASK_NOTHING:
                break;
        case ASK_CHANNEL:
                provider_libvirt.channel(child.provider, A, now);
                break;
        case ASK_POWER:
                result = provider_libvirt.power(child.provider, A, asks->action, now);
                EXPECT_INT("asked for a power action", result.error, asks->error);
                break;
        case ASK_REFRESH:
                provider_libvirt.refresh(child.provider, now);
                break;
        }
}

static void act(const Step *step)
{
        Usec now = loop_now(child.loop);

        not_installed = (not_installed || step->fails) && !step->works;
        if (step->asks)
                ask(step->asks);
        if (step->hangs) {
                child.provider->pings = child.provider->pongs + 3;
                (void)loop_timer_set(child.loop, &child.provider->ping, now);
        }
        if (step->retries) {
                hang_up(); /* it would have been killed */
                (void)loop_timer_set(child.loop, &child.provider->retry, now);
        }
}

static bool is_empty(const Step *step)
{
        return !step->hears && !step->says && !step->tells && !step->asks && !step->hangs_up;
}

static int go_on(void)
{
        for (;;) {
                const Step *step = &child.steps[child.step];

                if (is_empty(step)) {
                        loop_quit(child.loop);
                        return 0;
                }
                if (!child.has_asked)
                        act(step);
                child.has_asked = true;
                if (!child.has_said) {
                        if (!take(&child.heard, step->hears) || (step->says && !child.io.loop))
                                return 0;
                        if (step->says)
                                say(step->says, step->with_fd);
                        if (step->hangs_up)
                                hang_up();
                        child.has_said = true;
                }
                if (!take(&child.told, step->tells))
                        return 0;
                child.has_asked = child.has_said = false;
                child.step++;
        }
}

static int run_task(LoopTask *task, Usec now)
{
        (void)task;
        (void)now;
        return go_on();
}

static int on_patience(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        (void)fprintf(stderr, "hung at step %zu, heard '%s', was told '%s'\n", child.step,
                      buf_text(&child.heard), buf_text(&child.told));
        return -ETIME;
}

/* what the provider tells */

static void told(void)
{
        loop_defer(child.loop, &child.task);
}

static void on_vm(void *user, const ProviderVm *vm, Usec now)
{
        static const char *const names[] = {"off", "on", "suspended"};

        EXPECT("the turn's time", user == &child && now == loop_now(child.loop));
        buf_putf(&child.told, "%s %s%s%s%s%s%s", vm->name, names[vm->state.power],
                 vm->state.runs ? " and runs" : "", vm->state.reason ? ", " : "",
                 vm->state.reason ? vm->state.reason : "", vm->state.job ? ", " : "",
                 vm->state.job ? vm->state.job : "");
        if (vm->job_result.error < 0)
                buf_putf(&child.told, ", %s%s",
                         vm->job_result.error == -ECANCELED ? "canceled " : "", vm->job_result.why);
        if (vm->num_cpu > 0)
                buf_putf(&child.told, ", %d and %d", vm->num_cpu, vm->memory_mb);
        buf_puts(&child.told, ";");
        told();
}

static void tell_about(const char *what, const char *uuid)
{
        EXPECT_INT("a uuid", strlen(uuid), 36);
        buf_putf(&child.told, "%s %c;", what, uuid[35]);
        told();
}

static void on_vm_gone(void *user, const char *uuid, Usec now)
{
        (void)user;
        (void)now;
        tell_about("gone", uuid);
}

static void on_lost(void *user, const char *why, Usec now)
{
        (void)user;
        (void)now;
        buf_putf(&child.told, "%s%s;", why ? "lost: " : "back", why ? why : "");
        told();
}

static void on_guest_changed(void *user, const char *uuid, Usec now)
{
        (void)user;
        (void)now;
        tell_about("another guest in", uuid);
}

static void on_channel(void *user, const char *uuid, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)uuid;
        (void)now;
        EXPECT("a channel, or a reason", (fd >= 0) == (result->error == 0));
        EXPECT("a reason, where there is none", fd >= 0 || result->why);
        buf_putf(&child.told, "%s%s;",
                 fd >= 0 ? "channel" : "no channel: ", fd >= 0 ? "" : result->why);
        fd_close(fd);
        told();
}

static void on_power_done(void *user, const char *uuid, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)uuid;
        (void)now;
        buf_putf(&child.told, "power: %s%s;", result->error == -EOPNOTSUPP ? "cannot: " : "",
                 result->error < 0 ? result->why : "done");
        told();
}

static void play(const char *about, const Step *steps)
{
        static char uri[] = "test:///default", kind[] = "libvirt", path[] = "x.conf";
        const VmConfig config = {.provider = kind, .uri = uri, .path = path};
        const ProviderCallbacks callbacks = {
                .on_vm = on_vm,
                .on_vm_gone = on_vm_gone,
                .on_lost = on_lost,
                .on_guest_changed = on_guest_changed,
                .on_channel = on_channel,
                .on_power_done = on_power_done,
                .user = &child,
        };

        child = (Child){
                .io.fd = -1,
                .task.run = run_task,
                .patience.on_due = on_patience,
                .steps = steps,
        };
        not_installed = steps[0].fails;
        if (loop_new(&child.loop) < 0)
                abort();
        EXPECT_INT(about,
                   libvirt_open_with(child.loop, &config, &callbacks, start, &child.provider), 0);
        loop_defer(child.loop, &child.task);
        (void)loop_timer_set(child.loop, &child.patience, loop_now(child.loop) + PATIENCE);
        EXPECT_INT(about, loop_run(child.loop), 0);
        EXPECT_STR(about, buf_text(&child.heard), "");
        EXPECT_STR(about, buf_text(&child.told), "");
        provider_libvirt.close(child.provider);
        loop_task_cancel(&child.task);
        hang_up();
        loop_free(child.loop);
        buf_done(&child.heard);
        buf_done(&child.told);
}

/* scripts */

static const Ask asks_channel = {.kind = ASK_CHANNEL};
static const Ask asks_refresh = {.kind = ASK_REFRESH};
static const Ask powers_on = {ASK_POWER, POWER_ON, 0};
static const Ask resets = {ASK_POWER, POWER_RESET, 0};
static const Ask suspends = {ASK_POWER, POWER_SUSPEND, 0};
static const Ask cannot_reset = {ASK_POWER, POWER_RESET, -EBUSY};
static const Ask cannot_power_on = {ASK_POWER, POWER_ON, -EBUSY};

static void test_machines(void)
{
        play("they come, change and go",
             (Step[]){
                     {.says = VM(A,
                                 "\"a\",\"power\":\"on\",\"cpus\":2,\"memory\":512") "\n" B_IS_OFF,
                      .tells = "a on and runs, 2 and 512;b off;"},
                     {.says = LISTED "\n" VM(B, "\"new\",\"power\":\"suspended\""),
                      .tells = "new suspended;"},
                     {.says = "{\"reset\":\"" A "\"}", .tells = "another guest in a;"},
                     {.says = "{\"gone\":\"" B "\"}", .tells = "gone b;"},
                     {.asks = &asks_refresh, .tells = "a on and runs, 2 and 512;"},
                     {0},
             });
        play("states and jobs",
             (Step[]){
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"reason\":\"is paused\""),
                      .tells = "a on, is paused;"},
                     {.says = VM(A,
                                 "\"a\",\"power\":\"on\",\"reason\":\"sings\",\"job\":\"dance\""),
                      .tells = "a on, is in an unknown state, job of libvirt;"},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"job\":\"migration\""),
                      .tells = "a on and runs, migration;"},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"error\":\"canceled\",\"why\":\"x\""),
                      .tells = "a on and runs, canceled x;"},
                     {.says = VM(
                              A,
                              "\"a\",\"power\":\"off\",\"reason\":\"is paused\",\"error\":\"y\""),
                      .tells = "a off, libvirt does not say why;"},
                     {0},
             });
}

static void test_nonsense(void)
{
        play("what is not understood does not matter",
             (Step[]){
                     {.says = "hello\n[]\n{}\n7\n{\"vm\":7}\n{\"vm\":{}}\n{\"gone\":7}\n{"
                              "\"lots\":1}"},
                     {.says = VM(
                              "4C4C4544-0031-4210-8031-B2C04F4D4D3A",
                              "\"a\",\"power\":"
                              "\"on\"") "\n" VM(A "a",
                                                "\"a\",\"power\":\"on\"") "\n" VM("../../etc",
                                                                                  "\"a\"") "\n" VM(A,
                                                                                                   "\"\"")},
                     {.says = VM(A, "7") "\n" VM(
                              A, "null") "\n{\"gone\":\"" B
                                         "\"}\n{\"reset\":\"\"}\n{\"channel\":{}}\n{\"power\":[]}"},
                     {.says = CHANNEL("1,\"uuid\":\"" A "\""), .with_fd = true},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"cpus\":-1,\"memory\":99999999999999"),
                      .tells = "a on and runs;"},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"cpus\":\"2\",\"error\":\"failed\","
                                    "\"why\":"
                                    "\"\\u0007x\""),
                      .tells = "a on and runs, ?x;"},
                     {.says = VM(A, "\"<b>\\n/\",\"power\":\"on\""),
                      .tells = "<b>\n/ on and runs;"},
                     {0},
             });
}

static void test_lost(void)
{
        play("libvirtd is lost and found",
             (Step[]){
                     {.says = A_RUNS "\n" B_IS_OFF "\n" LISTED, .tells = "a on and runs;b off;"},
                     {.says = "{\"lost\":\"it does not answer\"}",
                      .tells = "lost: libvirt at test:///default: it does not answer;"},
                     {.says = "{\"lost\":\"it does not answer\"}\n{\"lost\":\"refused\\n\"}",
                      .tells = "lost: libvirt at test:///default: refused\n;"},
                     {.asks = &cannot_power_on},
                     {.asks = &asks_channel,
                      .tells = "no channel: libvirt at test:///default: refused\n;"},
                     {.says = VM(B, "\"b\",\"power\":\"on\""), .tells = "b on and runs;"},
                     {.says = LISTED, .tells = "gone a;back;"},
                     {.says = LISTED "\n" A_RUNS, .tells = "a on and runs;"},
                     {0},
             });
        play("it was never there",
             (Step[]){
                     {.says = "{\"lost\":7}",
                      .tells = "lost: libvirt at test:///default: it is lost;"},
                     {.says = A_RUNS "\n" LISTED, .tells = "a on and runs;back;"},
                     {0},
             });
        play("its requests",
             (Step[]){
                     {.says = A_RUNS, .tells = "a on and runs;"},
                     {.asks = &asks_channel, .hears = ASKS("1", "false")},
                     {.asks = &suspends, .hears = ASKS_POWER("2", "suspend")},
                     {.says = "{\"lost\":\"x\"}",
                      .tells = "lost: libvirt at test:///default: x;"
                               "no channel: libvirt at test:///default: x;"},
                     {.says = CHANNEL("1,\"uuid\":\"" A "\""), .with_fd = true},
                     {.says = "{\"power\":{\"id\":2,\"uuid\":\"" A "\"}}", .tells = "power: done;"},
                     {0},
             });
}

static void test_child(void)
{
        play("it ends",
             (Step[]){
                     {.says = A_RUNS "\n" B_IS_OFF "\n" LISTED, .tells = "a on and runs;b off;"},
                     {.asks = &asks_channel, .hears = ASKS("1", "false")},
                     {.asks = &suspends, .hears = ASKS_POWER("2", "suspend")},
                     {.hangs_up = true,
                      .tells = "lost: libvirt at test:///default: guestops-libvirt: it has ended;"
                               "no channel: libvirt at test:///default: guestops-libvirt: it has "
                               "ended;power: guestops-libvirt: it has ended;"},
                     {.retries = true, .says = A_RUNS, .tells = "a on and runs;"},
                     {.says = LISTED, .tells = "gone b;back;"},
                     {.asks = &suspends, .hears = ASKS_POWER("3", "suspend")},
                     {0},
             });
        EXPECT_INT("started twice", child.n_started, 2);
        play("it hangs",
             (Step[]){
                     {.says = A_RUNS "\n" LISTED, .tells = "a on and runs;"},
                     {.hangs = true,
                      .tells = "lost: libvirt at test:///default: guestops-libvirt hangs;"},
                     {.retries = true, .says = A_RUNS "\n" LISTED, .tells = "a on and runs;back;"},
                     {0},
             });
        EXPECT_INT("started twice", child.n_started, 2);
        play("it is not installed",
             (Step[]){
                     {.fails = true,
                      .tells = "lost: libvirt at test:///default: it takes the program "
                               "guestops-libvirt, which is not installed (package "
                               "guestops-libvirt);"},
                     {.works = true,
                      .retries = true,
                      .says = A_RUNS "\n" LISTED,
                      .tells = "a on and runs;back;"},
                     {0},
             });
}

static void test_channels(void)
{
        static const char path[] = CHANNEL("2,\"uuid\":\"" A "\",\"path\":\"/nonexistent/socket\"");

        play("a channel",
             (Step[]){
                     {.says = A_RUNS, .tells = "a on and runs;"},
                     {.asks = &asks_channel,
                      .hears = ASKS("1", "false"),
                      .says = CHANNEL("1,\"uuid\":\"" A "\""),
                      .with_fd = true,
                      .tells = "channel;"},
                     {.asks = &asks_channel,
                      .hears = ASKS("2", "false"),
                      .says = path,
                      .tells = "no channel: /nonexistent/socket: No such file or directory;"},
                     {.asks = &asks_channel,
                      .hears = ASKS("3", "false"),
                      .says = CHANNEL("2,\"uuid\":\"" A "\"") "\n" CHANNEL(
                              "3,\"uuid\":\"" A "\",\"error\":\"none\",\"why\":\"it has none\""),
                      .with_fd = true,
                      .tells = "no channel: it has none;"},
                     {.asks = &asks_channel,
                      .hears = ASKS("4", "false"),
                      .says = CHANNEL("4,\"uuid\":\"" A "\""),
                      .tells = "no channel: libvirt does not tell where it is;"},
                     {.asks = &asks_channel,
                      .hears = ASKS("5", "false"),
                      .says = "{\"gone\":\"" A "\"}\n" CHANNEL("5,\"uuid\":\"" A "\""),
                      .with_fd = true,
                      .tells = "gone a;"},
                     {0},
             });
}

static void test_power(void)
{
        play("power",
             (Step[]){
                     {.says = A_RUNS, .tells = "a on and runs;"},
                     {.asks = &resets, .hears = ASKS_POWER("1", "reset")},
                     {.asks = &cannot_reset},
                     {.says = "{\"power\":{\"id\":7,\"uuid\":\"" A
                              "\"}}\n{\"power\":{\"id\":1,\"uuid\":\"" A "\"}}",
                      .tells = "power: done;"},
                     {.asks = &suspends,
                      .hears = ASKS_POWER("2", "suspend"),
                      .says = "{\"power\":{\"id\":2,\"uuid\":\"" A
                              "\",\"error\":\"unsupported\",\"why\":\"no disk\"}}",
                      .tells = "power: cannot: no disk;"},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"reason\":\"is paused\""),
                      .tells = "a on, is paused;"},
                     {.asks = &cannot_power_on},
                     {.asks = &cannot_reset},
                     {.says = VM(A, "\"a\",\"power\":\"on\",\"reason\":\"has crashed\""),
                      .tells = "a on, has crashed;"},
                     {.asks = &cannot_power_on},
                     {.asks = &resets,
                      .hears = ASKS_POWER("3", "reset"),
                      .says = "{\"power\":{\"id\":3,\"uuid\":\"" A "\"}}",
                      .tells = "power: done;"},
                     {.says = VM(A, "\"a\",\"power\":\"suspended\""), .tells = "a suspended;"},
                     {.asks = &powers_on, .hears = ASKS_POWER("4", "on")},
                     {0},
             });
}

int main(void)
{
        test_machines();
        test_nonsense();
        test_lost();
        test_child();
        test_channels();
        test_power();
        return test_end();
}
