/* Provider "qmp": power actions. */

#include "inventory/test-qmp.h"

static const Ask on = {POWER_ON, 0}, off = {POWER_OFF, 0}, reset = {POWER_RESET, 0},
                 suspend = {POWER_SUSPEND, 0}, shut_down = {POWER_SHUTDOWN_GUEST, 0},
                 reboot = {POWER_REBOOT_GUEST, 0};
static const Ask no_on = {POWER_ON, -EOPNOTSUPP}, no_standby = {POWER_STANDBY_GUEST, -EOPNOTSUPP},
                 not_on = {POWER_ON, -EBUSY}, not_off = {POWER_OFF, -EBUSY},
                 not_reset = {POWER_RESET, -EBUSY};

/* What turns a machine on or resets it, by its state. */
static void test_power_by_state(void)
{
        static const struct {
                const char *name, *told;
                const char *on, *reset; /* the first command, NULL: not in this state */
        } rows[] = {
                {"debug", "on;", NULL, NULL},
                {"finish-migrate", "on;", NULL, NULL},
                {"guest-panicked", "on;", NULL, ORDER("system_reset")},
                {"inmigrate", "on;", NULL, NULL},
                {"internal-error", "on;", NULL, ORDER("system_reset")},
                {"io-error", "on;", NULL, ORDER("system_reset")},
                {"of-another-time", "on;", NULL, NULL},
                {"paused", "on;", NULL, NULL},
                {"postmigrate", "on;", NULL, NULL},
                {"prelaunch", "on;", ORDER("cont"), NULL},
                {"restore-vm", "on;", NULL, NULL},
                {"running", "on and runs;", NULL, ORDER("system_reset")},
                {"save-vm", "on;", NULL, NULL},
                {"shutdown", "off;", ORDER("system_reset"), NULL},
                {"suspended", "suspended;", ORDER("system_wakeup"), NULL},
                {"watchdog", "on;", NULL, ORDER("system_reset")},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char status[128];
                const Step steps_on[] = {
                        BEGINS,
                        {.says = status, .tells = rows[i].told},
                        {.asks = rows[i].on ? &on : &not_on},
                        {.hears = rows[i].on},
                        {0},
                };
                const Step steps_reset[] = {
                        BEGINS,
                        {.says = status, .tells = rows[i].told},
                        {.asks = rows[i].reset ? &reset : &not_reset},
                        {.hears = rows[i].reset},
                        {0},
                };

                (void)snprintf(status, sizeof(status), STATUS("%s"), rows[i].name);
                play(rows[i].name, steps_on);
                play(rows[i].name, steps_reset);
        }
}

static void test_power(void)
{
        static const struct {
                const char *about;
                Step steps[STEPS_MAX];
        } rows[] = {
                {"nobody is there", {{.asks = &no_on, .tells = "off;"}}},
                {"nobody has said anything", {BEGINS, {.asks = &no_on}}},
                {"no standby", {BEGINS, RUNS, {.asks = &no_standby}}},
                {"off",
                 {BEGINS,
                  RUNS,
                  {.asks = &off},
                  {.hears = ORDER("quit"), .says = BY_HOST("SHUTDOWN") OBEYED},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;done;"}}},
                {"one thing at a time",
                 {BEGINS, RUNS, {.asks = &off}, {.hears = ORDER("quit")}, {.asks = &not_off}}},
                {"the reset comes before the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"),
                   .says = BY_HOST("RESET") OBEYED,
                   .tells = "guest changed;done;"}}},
                {"the reset comes after the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.says = BY_GUEST("RESET"), .tells = "guest changed;"},
                  {.says = BY_HOST("RESET"), .tells = "guest changed;done;"}}},
                {"it ends instead of a reset",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.hangs_up = true, .tells = "off;QEMU has ended;"}}},
                {"it shuts down instead of a reset",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = BY_HOST("SHUTDOWN")},
                  {.hears = QUERY,
                   .says = OBEYED STATUS("shutdown"),
                   .tells = "QEMU was started to shut down instead of a reset (-no-reboot);off;"}}},
                {"it shuts down instead of a reset, after the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.says = BY_HOST("SHUTDOWN"),
                   .tells = "QEMU was started to shut down instead of a reset (-no-reboot);"},
                  {.hears = QUERY, .says = STATUS("shutdown"), .tells = "off;"}}},
                {"a crashed one is reset and goes on",
                 {BEGINS,
                  {.says = STATUS("guest-panicked"), .tells = "on;"},
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"),
                   .says = BY_HOST("RESET") OBEYED,
                   .tells = "guest changed;"},
                  {.hears = ORDER("cont"), .says = EVENT("RESUME") OBEYED},
                  {.hears = QUERY LOOK,
                   .says = STATUS("running") LOOKED("running"),
                   .tells = "on and runs;on and runs;done;"}}},
                {"suspended, and on again",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = EVENT("STOP") OBEYED},
                  {.hears = ASKS_DUMP QUERY LOOK,
                   .says = STATUS("paused") LOOKED("paused"),
                   .tells = "suspended;suspended;done;"},
                  {.asks = &on},
                  {.hears = ORDER("cont"), .says = OBEYED EVENT("RESUME")},
                  {.hears = LOOK QUERY,
                   .says = LOOKED("running") STATUS("running"),
                   .tells = "on and runs;done;on and runs;"}}},
                {"somebody else lets it go on, and pauses it",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = EVENT("RESUME") EVENT("STOP")},
                  {.hears = QUERY ASKS_DUMP QUERY, .says = STATUS("paused"), .tells = "on;"},
                  {.asks = &not_on}}},
                {"somebody else resets what is suspended",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = BY_HOST("RESET") STATUS("prelaunch"), .tells = "guest changed;on;"}}},
                {"what is suspended is migrated away",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = STATUS("postmigrate"), .tells = "on;"},
                  {.asks = &not_on}}},
                {"a new QEMU is not suspended",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = STATUS("paused"), .tells = "on;"}}},
                {"QEMU refuses",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = REFUSED("GenericError", "no"), .tells = "no;"},
                  {.asks = &off},
                  {.hears = ORDER("quit")}}},
                {"the power button",
                 {BEGINS,
                  RUNS,
                  {.asks = &shut_down},
                  {.hears = ORDER("system_powerdown"),
                   .says = EVENT("POWERDOWN") OBEYED,
                   .tells = "done;"},
                  {.hangs_up = true, .tells = "off;"}}},
                {"answers that nobody asked for",
                 {BEGINS,
                  RUNS,
                  {.says = OBEYED LOOKED("running") REFUSED("GenericError", "no"),
                   .tells = "on and runs;"},
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"}}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                play(rows[i].about, rows[i].steps);
}

#define ASKED_TO_REBOOT                                                                            \
        {.asks = &reboot}, {.hears = STAY, .says = OBEYED},                                        \
        {                                                                                          \
                .hears = ORDER("system_powerdown"), .says = EVENT("POWERDOWN") OBEYED,             \
                .tells = "done;"                                                                   \
        }
#define IS_REBOOTED                                                                                \
        {.says = BY_GUEST("SHUTDOWN") EVENT("STOP")},                                              \
                {.hears = ORDER("system_reset") QUERY ASKS_DUMP QUERY,                             \
                 .says = STATUS("shutdown") STATUS("shutdown"),                                    \
                 .tells = "on;on;"},                                                               \
                {.says = BY_HOST("RESET") OBEYED, .tells = "guest changed;"},                      \
                {.hears = ORDER("cont"), .says = EVENT("RESUME") OBEYED},                          \
        {                                                                                          \
                .hears = QUERY LOOK, .says = STATUS("running") LOOKED("running"),                  \
                .tells = "on and runs;on and runs;"                                                \
        }

static void test_reboot(void)
{
        static const struct {
                const char *about;
                Step steps[STEPS_MAX];
        } rows[] = {
                {"by shutdown, reset and start",
                 {BEGINS, RUNS, ASKED_TO_REBOOT, IS_REBOOTED, {.hears = LEAVE}}},
                {"the guest reboots by itself",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("RESET"), .tells = "guest changed;"},
                  {.hears = LEAVE},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"the guest does nothing",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.loses_patience = true},
                  {.hears = LEAVE},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"a shutdown is asked for meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.asks = &shut_down},
                  {.hears = LEAVE ORDER("system_powerdown"), .says = OBEYED, .tells = "done;"},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"the power is cut meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.asks = &off},
                  {.hears = ORDER("quit"), .says = BY_HOST("SHUTDOWN") OBEYED},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;done;"}}},
                {"a QEMU that is too old",
                 {BEGINS,
                  RUNS,
                  {.asks = &reboot},
                  {.hears = STAY,
                   .says = REFUSED("CommandNotFound", "unknown"),
                   .tells = "cannot: unknown;"},
                  {.hears = LEAVE}}},
                {"the start fails",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = ORDER("system_reset") QUERY,
                   .says = STATUS("shutdown"),
                   .tells = "on;"},
                  {.asks = &not_off},
                  {.says = REFUSED("GenericError", "no")},
                  {.hears = LEAVE LOOK, .says = LOOKED("shutdown"), .tells = "off;"}}},
                {"QEMU ends meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = ORDER("system_reset") QUERY, .hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = STATUS("shutdown"), .tells = "off;"}}},
        };
        static const Step stays[] = {
                BEGINS,
                RUNS,
                {.asks = &reboot},
                {.hears = ORDER("system_powerdown"), .says = OBEYED, .tells = "done;"},
                IS_REBOOTED,
                {0},
        };
        static char pause[] = "pause";

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                play(rows[i].about, rows[i].steps);
        play_with("a QEMU that stays by itself", pause, stays);
}

int main(void)
{
        test_directory_make();
        test_power_by_state();
        test_power();
        test_reboot();
        test_directory_remove();
        return test_end();
}
