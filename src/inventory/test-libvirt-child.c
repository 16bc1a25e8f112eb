/*
 * Provider "libvirt" with the real guestops-libvirt and libvirt's own driver for tests, which has
 * machines without a hypervisor.
 */

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"
#include "inventory/libvirt-private.h"

#include <signal.h>

#define A        "00000000-0000-4000-8000-00000000000a"
#define B        "00000000-0000-4000-8000-00000000000b"
#define TEST     "6695eb01-f6a4-8304-79aa-97f2502e193f" /* the one of test:///default */
#define PATIENCE (60 * USEC_PER_SEC)                    /* until a test is declared hung */
#define FOREIGN  50                                     /* a descriptor that is nobody's business */
#define CHANNEL(name, path)                                                                        \
        "<devices><channel type='unix'><source mode='bind' path='" path "'/>"                      \
        "<target type='virtio' name='" name "'/></channel></devices>"
#define DOMAIN(name, uuid, devices)                                                                \
        "<domain type='test'><name>" name "</name><uuid>" uuid "</uuid>"                           \
        "<memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type>hvm</type></os>" devices            \
        "</domain>"

static const char node[] = "<node>" DOMAIN("a &lt;b&gt; \xc3\xa4", A, "")
        DOMAIN("b", B, CHANNEL("org.guestops.agent.0", "/nonexistent/b")) "</node>";

typedef enum AskKind { ASK_NOTHING, ASK_POWER, ASK_CHANNEL, ASK_KILL } AskKind;

/* Ask, and wait until all this has been told. */
typedef struct Step {
        AskKind kind;
        PowerAction action;
        const char *uuid;
        const char *tells;
} Step;

static struct {
        Loop *loop;
        LoopTask task;
        LoopTimer patience;
        Provider *provider;
        Buf told;
        const Step *step;
        pid_t killed;
} site;

static void begin_step(void)
{
        const Step *step = site.step;
        Usec now = loop_now(site.loop);

        buf_clear(&site.told);
        if (!step->tells)
                loop_quit(site.loop);
        else if (step->kind == ASK_CHANNEL)
                provider_libvirt.channel(site.provider, step->uuid, now);
        else if (step->kind == ASK_POWER)
                EXPECT_INT(
                        step->tells,
                        provider_libvirt.power(site.provider, step->uuid, step->action, now).error,
                        0);
        else if (step->kind == ASK_KILL)
                (void)kill(site.killed = site.provider->child.pid, SIGKILL);
}

/* Machines are looked at by several threads: the order is not known. */
static bool all_told(void)
{
        _cleanup_(freep) char *copy = strdup(site.step->tells);
        const char *text = buf_text(&site.told);
        char *rest = copy;

        for (char *part = strsep(&rest, ";"); part; part = strsep(&rest, ";"))
                if (!text || !strstr(text, part))
                        return false;
        return true;
}

static int go_on(LoopTask *task, Usec now)
{
        (void)task;
        (void)now;
        if (!all_told())
                return 0;
        site.step++;
        begin_step();
        return 0;
}

static int on_patience(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        (void)fprintf(stderr, "waits in vain for '%s', was told '%s'\n", site.step->tells,
                      buf_text(&site.told));
        return -ETIME;
}

/* what the provider tells */

static void on_vm(void *user, const ProviderVm *vm, Usec now)
{
        static const char *const names[] = {"off", "on", "suspended"};

        (void)user;
        (void)now;
        EXPECT_INT("processors", vm->num_cpu, 2);
        EXPECT_INT("memory", vm->memory_mb, strcmp(vm->uuid, TEST) == 0 ? 8192 : 64);
        buf_putf(&site.told, "%s %s;", vm->name, names[vm->state.power]);
        loop_defer(site.loop, &site.task);
}

static void on_uuid(void *user, const char *uuid, Usec now)
{
        (void)user;
        (void)now;
        buf_putf(&site.told, "%c?;", uuid[35]);
        loop_defer(site.loop, &site.task);
}

static void on_lost(void *user, const char *why, Usec now)
{
        (void)user;
        (void)now;
        buf_puts(&site.told, why ? "lost;" : "back;");
        loop_defer(site.loop, &site.task);
}

static void on_channel(void *user, const char *uuid, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)uuid;
        (void)now;
        EXPECT_INT("no channel", fd, -1);
        buf_putf(&site.told, "%s;", result->why);
        loop_defer(site.loop, &site.task);
}

static void on_power_done(void *user, const char *uuid, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)uuid;
        (void)now;
        buf_putf(&site.told, "%s;",
                 result->error == 0             ? "done"
                 : result->error == -EOPNOTSUPP ? "cannot"
                 : result->error == -EBUSY      ? "busy"
                                                : result->why);
        loop_defer(site.loop, &site.task);
}

static bool has_descriptor(pid_t pid, int fd)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
        return access(path, F_OK) == 0;
}

static void play(char *uri, const Step *steps)
{
        static char kind[] = "libvirt";
        const ProviderCallbacks callbacks = {
                .on_vm = on_vm,
                .on_vm_gone = on_uuid,
                .on_lost = on_lost,
                .on_guest_changed = on_uuid,
                .on_channel = on_channel,
                .on_power_done = on_power_done,
        };
        VmConfig config = {.provider = kind, .uri = uri, .path = kind};
        pid_t pid;

        EXPECT_INT("open", provider_libvirt.open(site.loop, &config, &callbacks, &site.provider),
                   0);
        site.step = steps;
        begin_step();
        (void)loop_timer_set(site.loop, &site.patience, loop_now(site.loop) + PATIENCE);
        EXPECT_INT("run", loop_run(site.loop), 0);
        pid = site.provider->child.pid;
        EXPECT("it runs", pid > 0 && has_descriptor(pid, STDIN_FILENO));
        EXPECT("it has nothing of ours", !has_descriptor(pid, FOREIGN));
        provider_libvirt.close(site.provider);
        EXPECT("it is gone", kill(pid, 0) < 0 && errno == ESRCH);
        EXPECT("so is the one before", site.killed == 0 || kill(site.killed, 0) < 0);
        loop_task_cancel(&site.task);
        loop_timer_clear(&site.patience);
}

static void test_machines(void)
{
        static const Step steps[] = {
                {ASK_NOTHING, POWER_ON, NULL, "a <b> \xc3\xa4 on;b on;"},
                {ASK_CHANNEL, POWER_ON, A,
                 "it has no channel org.guestops.agent.0; 'guestops attach a <b> \xc3\xa4' adds "
                 "it;"},
                {ASK_CHANNEL, POWER_ON, B, "/nonexistent/b: No such file or directory;"},
                {ASK_KILL, POWER_ON, NULL, "lost;a <b> \xc3\xa4 on;b on;back;"},
                {ASK_CHANNEL, POWER_ON, B, "/nonexistent/b: No such file or directory;"},
                {0},
        };
        char uri[160];

        (void)snprintf(uri, sizeof(uri), "test://%s", test_path("node.xml"));
        test_write("node.xml", node);
        play(uri, steps);
}

/* Only of this one all connections have the same machine. */
static void test_power(void)
{
        static const Step steps[] = {
                {ASK_NOTHING, POWER_ON, NULL, "test on;"},
                {ASK_POWER, POWER_OFF, TEST, "test off;done;"},
                {ASK_POWER, POWER_ON, TEST, "test on;done;"},
                {ASK_POWER, POWER_SUSPEND, TEST, "test suspended;done;"},
                {ASK_POWER, POWER_ON, TEST, "test on;done;"},
                {ASK_POWER, POWER_ON, TEST, "already running;"},
                {ASK_POWER, POWER_SUSPEND, TEST, "test suspended;done;"},
                {ASK_POWER, POWER_OFF, TEST, "test off;done;"},
                {ASK_POWER, POWER_SUSPEND, TEST, "busy;"},
                {ASK_POWER, POWER_ON, TEST, "test on;done;"},
                {ASK_POWER, POWER_STANDBY_GUEST, TEST, "cannot;"},
                {ASK_POWER, POWER_SHUTDOWN_GUEST, TEST, "test off;done;"},
                {0},
        };
        char uri[] = "test:///default";

        play(uri, steps);
}

int main(void)
{
        test_directory_make();
        EXPECT_INT("a descriptor", dup2(STDERR_FILENO, FOREIGN), FOREIGN);
        EXPECT_INT("loop", loop_new(&site.loop), 0);
        site.task.run = go_on;
        site.patience.on_due = on_patience;
        test_machines();
        test_power();
        loop_free(site.loop);
        buf_done(&site.told);
        test_directory_remove();
        return test_end();
}
