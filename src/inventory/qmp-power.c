/*
 * Power actions of provider "qmp": each is a short list of commands. "Suspended" is a pause that
 * was asked for here; QEMU itself does not know why it is paused.
 *
 * QEMU cannot ask a guest to reboot. So RebootGuest has it pause at the guest's shutdown instead of
 * ending, presses the power button, and, once the guest has shut down, resets the machine and lets
 * it run.
 *
 * Source: QAPI schema: quit, stop, cont, system_reset, system_powerdown, system_wakeup, set-action.
 */

#include "base/log.h"
#include "inventory/qmp-private.h"

#define REBOOT_USEC (300 * USEC_PER_SEC) /* for the guest to shut down */

#define COMMAND(name) "{\"execute\":\"" name "\",\"id\":\"power\"}\n"
#define ON_SHUTDOWN(what)                                                                          \
        "{\"execute\":\"set-action\",\"arguments\":{\"shutdown\":\"" what "\"},\"id\":\""

typedef enum PowerUntil {
        UNTIL_ANSWERED,
        UNTIL_LOOKED, /* what it has led to has been told */
        UNTIL_RESET,  /* which comes before the answer or after it */
        UNTIL_END,    /* of QEMU */
} PowerUntil;

struct PowerStep {
        const char *command;
        PowerUntil until;
        bool suspends;
};

static const PowerStep cut_power[] = {{COMMAND("quit"), UNTIL_END}, {0}};
static const PowerStep reset[] = {{COMMAND("system_reset"), UNTIL_RESET}, {0}};
static const PowerStep reset_and_go[] = {
        {COMMAND("system_reset"), UNTIL_RESET},
        {COMMAND("cont"), UNTIL_LOOKED},
        {0},
};
static const PowerStep go[] = {{COMMAND("cont"), UNTIL_LOOKED}, {0}};
static const PowerStep wake_up[] = {{COMMAND("system_wakeup"), UNTIL_LOOKED}, {0}};
static const PowerStep suspend[] = {{COMMAND("stop"), UNTIL_LOOKED, .suspends = true}, {0}};
static const PowerStep press_button[] = {{COMMAND("system_powerdown"), UNTIL_ANSWERED}, {0}};
static const PowerStep press_button_and_stay[] = {
        {ON_SHUTDOWN("pause") "power\"}\n", UNTIL_ANSWERED},
        {COMMAND("system_powerdown"), UNTIL_ANSWERED},
        {0},
};

static const char look[] = "{\"execute\":\"query-status\",\"id\":\"power-status\"}\n";
static const char leave_on_shutdown[] = ON_SHUTDOWN("poweroff") "action\"}\n";

static const ProviderResult success = {0};
static const ProviderResult lost = {-EIO, "QEMU has ended"};
static const ProviderResult deaf = {-EBUSY, "its QEMU takes no commands"};
static const ProviderResult no_reset = {
        -EIO, "QEMU was started to shut down instead of a reset (-no-reboot)"};
static const ProviderResult no_start = {-EOPNOTSUPP,
                                        "provider qmp cannot start a QEMU; start it on the host"};
static const ProviderResult no_standby = {-EOPNOTSUPP,
                                          "QEMU has no request for it; ask the guest itself"};

/* What turns a machine on, and what resets it, by its run state. */
static const struct {
        const char *run_state;
        const PowerStep *on, *reset;
} state_steps[] = {
        {"guest-panicked", NULL, reset_and_go},
        {"internal-error", NULL, reset_and_go},
        {"io-error", NULL, reset_and_go},
        {"prelaunch", go, NULL},
        {"running", NULL, reset},
        {"shutdown", reset_and_go, NULL},
        {"suspended", wake_up, NULL},
        {"watchdog", NULL, reset_and_go},
};

static bool stays_by_itself(const Provider *provider)
{
        return provider->config->shutdown && strcmp(provider->config->shutdown, "pause") == 0;
}

/* A pause may have become something else since: a migration takes what is paused as well. */
static bool is_suspended(const Provider *provider)
{
        return provider->power.suspended && strcmp(provider->run_state, "paused") == 0;
}

static const PowerStep *find_steps(const Provider *provider, PowerAction action)
{
        const char *run_state = provider->run_state;

        switch (action) {
        case POWER_OFF:
                return cut_power;
        case POWER_SUSPEND:
                return suspend;
        case POWER_SHUTDOWN_GUEST:
                return press_button;
        case POWER_REBOOT_GUEST:
                return stays_by_itself(provider) ? press_button : press_button_and_stay;
        case POWER_ON:
        case POWER_RESET:
        case POWER_STANDBY_GUEST:
                break;
        }
        if (run_state && action == POWER_ON && is_suspended(provider))
                return go;
        for (size_t i = 0; run_state && i < ELEMENTS(state_steps); i++)
                if (strcmp(state_steps[i].run_state, run_state) == 0)
                        return action == POWER_ON ? state_steps[i].on : state_steps[i].reset;
        return NULL;
}

/* steps */

static int take_step(Provider *provider, const PowerStep *step)
{
        provider->power.step = step;
        provider->power.answered = provider->power.happened = false;
        provider->power.failure = NULL;
        return qmp_say(provider, step->command);
}

/* The guest has rebooted, or shall not any more: a shutdown is what it was. */
static int forget_reboot(Provider *provider)
{
        QmpReboot before = provider->power.reboot;

        provider->power.reboot = REBOOT_NONE;
        loop_timer_clear(&provider->power.patience);
        if (before == REBOOT_NONE || stays_by_itself(provider))
                return 0;
        return qmp_say(provider, leave_on_shutdown);
}

/* Once nothing else is under way. */
static int reboot_if_due(Provider *provider)
{
        QmpPower *power = &provider->power;

        if (power->reboot != REBOOT_DUE || power->step)
                return 0;
        power->asked = false;
        return take_step(provider, reset_and_go);
}

static int end_steps(Provider *provider, const ProviderResult *result, Usec now)
{
        QmpPower *power = &provider->power;
        bool asked = power->asked, failed = result->error < 0;
        int r = 0;

        power->step = NULL;
        power->asked = false;
        if (!asked && failed)
                log_warning("%s: cannot start it again: %s", provider->config->name, result->why);
        if (!asked || (failed && power->action == POWER_REBOOT_GUEST))
                r = forget_reboot(provider);
        if (r >= 0 && !asked && failed)
                r = qmp_say(provider, look); /* it is no longer being rebooted */
        if (asked)
                provider->callbacks.on_power_done(provider->callbacks.user, provider->config->uuid,
                                                  result, now);
        return r < 0 ? r : reboot_if_due(provider);
}

static int go_on(Provider *provider, Usec now)
{
        const PowerStep *step = provider->power.step;

        if (!provider->power.answered)
                return 0;
        if (provider->power.failure)
                return end_steps(provider, provider->power.failure, now);
        if (step->until != UNTIL_ANSWERED && !provider->power.happened)
                return 0;
        step++;
        return step->command ? take_step(provider, step) : end_steps(provider, &success, now);
}

int qmp_power_answered(Provider *provider, const json_t *message, Usec now)
{
        const json_t *error = json_object_get(message, "error");
        const char *class = json_string_value(json_object_get(error, "class"));
        const char *why = json_string_value(json_object_get(error, "desc"));
        const PowerStep *step = provider->power.step;

        if (!step || provider->power.answered)
                return 0;
        if (error)
                return end_steps(
                        provider,
                        &(ProviderResult){
                                class && strcmp(class, "CommandNotFound") == 0 ? -EOPNOTSUPP : -EIO,
                                why ? why : "QEMU refuses",
                        },
                        now);
        provider->power.answered = true;
        if (step->suspends)
                provider->power.suspended = true;
        return step->until == UNTIL_LOOKED ? qmp_say(provider, look) : go_on(provider, now);
}

int qmp_power_looked(Provider *provider, Usec now)
{
        const PowerStep *step = provider->power.step;

        if (!step || step->until != UNTIL_LOOKED || !provider->power.answered)
                return 0;
        provider->power.happened = true;
        return go_on(provider, now);
}

/* what happens */

static int on_reset(Provider *provider, bool by_guest, Usec now)
{
        const PowerStep *step = provider->power.step;
        int r = 0;

        provider->power.suspended = false;
        if (provider->power.reboot == REBOOT_ASKED)
                r = forget_reboot(provider);
        if (r < 0 || by_guest || !step || step->until != UNTIL_RESET)
                return r;
        provider->power.happened = true;
        return go_on(provider, now);
}

static int on_shutdown(Provider *provider, bool by_guest, Usec now)
{
        QmpPower *power = &provider->power;

        if (!by_guest && power->step && power->step->until == UNTIL_RESET) {
                power->failure = &no_reset;
                return go_on(provider, now);
        }
        if (!by_guest || power->reboot != REBOOT_ASKED)
                return 0;
        power->reboot = REBOOT_DUE;
        loop_timer_clear(&power->patience);
        return reboot_if_due(provider);
}

int qmp_power_event(Provider *provider, const char *event, const json_t *data, Usec now)
{
        bool by_guest = json_is_true(json_object_get(data, "guest"));

        if (strcmp(event, "RESET") == 0)
                return on_reset(provider, by_guest, now);
        if (strcmp(event, "SHUTDOWN") == 0)
                return on_shutdown(provider, by_guest, now);
        if (strcmp(event, "RESUME") == 0)
                provider->power.suspended = false;
        return 0;
}

static int on_patience(LoopTimer *timer, Usec now)
{
        Provider *provider = container_of(timer, Provider, power.patience);

        (void)now;
        log_info("%s: the guest was asked to reboot, and has not shut down",
                 provider->config->name);
        (void)forget_reboot(provider);
        return 0;
}

void qmp_power_lost(Provider *provider, Usec now)
{
        QmpPower *power = &provider->power;
        const PowerStep *step = moved(power->step);
        bool asked = power->asked;

        loop_timer_clear(&power->patience);
        power->reboot = REBOOT_NONE;
        power->suspended = power->asked = false;
        if (step && asked)
                provider->callbacks.on_power_done(provider->callbacks.user, provider->config->uuid,
                                                  step->until == UNTIL_END ? &success : &lost, now);
}

VmState qmp_power_state(const Provider *provider, VmState state)
{
        const char *name = provider->run_state;

        if (is_suspended(provider))
                return (VmState){VM_SUSPENDED, false, NULL, NULL};
        if (provider->power.reboot == REBOOT_DUE &&
            (strcmp(name, "shutdown") == 0 || strcmp(name, "prelaunch") == 0))
                return (VmState){VM_POWERED_ON, false, "is being rebooted", NULL};
        return state;
}

/* what is asked for */

/* Of a reboot that waits for the guest's shutdown and what is asked for then, the last counts. */
static int prepare(Provider *provider, PowerAction action, Usec now)
{
        if (action == POWER_SHUTDOWN_GUEST)
                return forget_reboot(provider);
        if (action != POWER_REBOOT_GUEST)
                return 0;
        provider->power.reboot = REBOOT_ASKED;
        return loop_timer_set(provider->loop, &provider->power.patience, now + REBOOT_USEC);
}

ProviderResult qmp_power(Provider *provider, const char *uuid, PowerAction action, Usec now)
{
        const PowerStep *steps = find_steps(provider, action);

        (void)uuid;
        if (action == POWER_STANDBY_GUEST)
                return no_standby;
        if (!provider->run_state)
                return no_start;
        if (!steps || provider->power.step)
                return (ProviderResult){.error = -EBUSY};
        if (prepare(provider, action, now) < 0 || take_step(provider, steps) < 0) {
                provider->power.step = NULL;
                (void)forget_reboot(provider);
                return deaf;
        }
        provider->power.asked = true;
        provider->power.action = action;
        return success;
}

void qmp_power_init(Provider *provider)
{
        provider->power.patience.on_due = on_patience;
}

void qmp_power_done(Provider *provider)
{
        (void)forget_reboot(provider);
}
