/*
 * What guestops-libvirt says to the daemon, packets parted by line ends. Whatever it says, what the
 * inventory is told is sound: known machines, texts that can be shown, reasons where there have to
 * be some.
 */

#include "base/utf8.h"
#include "inventory/libvirt-private.h"

#include "fuzz.h"

static Provider *provider;
static size_t n_told;

static void check_uuid(const char *uuid)
{
        MUST(strlen(uuid) == UUID_CHARS && strspn(uuid, "0123456789abcdef-") == UUID_CHARS);
}

static void check_result(const ProviderResult *result)
{
        MUST(result->error <= 0 && (result->error == 0 || result->why));
        MUST(!result->why || utf8_is_valid(result->why, strlen(result->why)));
}

static void on_vm(void *user, const ProviderVm *vm, Usec now)
{
        (void)user;
        check_uuid(vm->uuid);
        MUST(*vm->name && strlen(vm->name) <= MACHINE_NAME_MAX);
        MUST(!vm->state.runs || vm->state.power == VM_POWERED_ON);
        MUST((vm->state.power == VM_POWERED_ON && !vm->state.runs) == (vm->state.reason != NULL));
        MUST(vm->num_cpu >= 0 && vm->memory_mb >= 0);
        check_result(&vm->job_result);
        /* So that answers have somebody to go to. */
        if (n_told++ == 0 && provider) {
                provider_libvirt.channel(provider, vm->uuid, now);
                (void)provider_libvirt.power(provider, vm->uuid, POWER_OFF, now);
        }
}

static void on_vm_gone(void *user, const char *uuid, Usec now)
{
        (void)user;
        (void)now;
        check_uuid(uuid);
}

static void on_lost(void *user, const char *why, Usec now)
{
        (void)user;
        (void)now;
        MUST(!why || (*why && utf8_is_valid(why, strlen(why))));
}

static void on_channel(void *user, const char *uuid, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)now;
        check_uuid(uuid);
        check_result(result);
        MUST((fd >= 0) == (result->error == 0));
        fd_close(fd);
}

static void on_power_done(void *user, const char *uuid, const ProviderResult *result, Usec now)
{
        (void)user;
        (void)now;
        check_uuid(uuid);
        check_result(result);
}

static int start(const VmConfig *config, int fd, pid_t *ret)
{
        (void)config;
        (void)fd;
        *ret = 0;
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char uri[] = "test:///default", path[] = "x";
        const VmConfig config = {.uri = uri, .path = path};
        const ProviderCallbacks callbacks = {
                .on_vm = on_vm,
                .on_vm_gone = on_vm_gone,
                .on_lost = on_lost,
                .on_guest_changed = on_vm_gone,
                .on_channel = on_channel,
                .on_power_done = on_power_done,
        };
        _cleanup_(loop_freep) Loop *loop = NULL;
        const char *text = (const char *)data, *end = text + size;

        n_told = 0;
        if (loop_new(&loop) < 0 ||
            libvirt_open_with(loop, &config, &callbacks, start, &provider) < 0)
                return 0;
        while (text < end) {
                const char *line = memchr(text, '\n', (size_t)(end - text));
                size_t n = (size_t)((line ? line : end) - text);

                libvirt_take(provider, text, n, -1, 1);
                text += n + 1;
        }
        provider = provider_libvirt.close(provider);
        return 0;
}
