/*
 * VirtualMachine.config, and the short of it. What the API requires and nobody here knows is an
 * empty text, or 0.
 *
 * Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "base/clock.h"
#include "property/virtual-machine.h"

/* As the agent told it, whenever that was. */
static char *guest_full_name(const Vm *vm)
{
        return (char *)(vm->facts.seen ? vm->facts.os_name : "");
}

static VirtualHardware *describe_hardware(const PropertyContext *context, const Vm *vm)
{
        VirtualHardware *hardware = arena_new_object(context->arena, VirtualHardware);

        if (hardware)
                *hardware = (VirtualHardware){
                        .type = &type_VirtualHardware,
                        .num_cpu = vm->num_cpu,
                        .memory_mb = vm->memory_mb,
                };
        return hardware;
}

static VirtualMachineFileInfo *describe_files(const PropertyContext *context, const Vm *vm)
{
        VirtualMachineFileInfo *files = arena_new_object(context->arena, VirtualMachineFileInfo);

        if (files)
                *files = (VirtualMachineFileInfo){
                        .type = &type_VirtualMachineFileInfo,
                        .vm_path_name = vm->source->config->path,
                };
        return files;
}

/* As hosts have it: the time of the last change. */
static char *change_version(const PropertyContext *context, const Vm *vm)
{
        char text[CLOCK_TEXT_MAX];

        clock_format(vm->source->config->modified, text);
        return arena_strdup(context->arena, text);
}

VirtualMachineConfigInfo *vm_describe_config(const PropertyContext *context, const Vm *vm)
{
        static VirtualMachineFlagInfo no_flags = {&type_VirtualMachineFlagInfo};
        static VirtualMachineDefaultPowerOpInfo no_power_ops = {
                &type_VirtualMachineDefaultPowerOpInfo,
        };
        VirtualMachineConfigInfo *config =
                arena_new_object(context->arena, VirtualMachineConfigInfo);

        if (!config)
                return NULL;
        *config = (VirtualMachineConfigInfo){
                .type = &type_VirtualMachineConfigInfo,
                .change_version = change_version(context, vm),
                .modified = {true, vm->source->config->modified},
                .name = vm->entity.name,
                .guest_full_name = guest_full_name(vm),
                .version = (char *)"",
                .uuid = vm->uuid,
                .instance_uuid = vm->uuid,
                .guest_id = (char *)vm_guest_id(vm),
                .alternate_guest_name = (char *)"",
                .files = describe_files(context, vm),
                .flags = &no_flags,
                .default_power_ops = &no_power_ops,
                .hardware = describe_hardware(context, vm),
        };
        return config->change_version && config->files && config->hardware ? config : NULL;
}

VirtualMachineConfigSummary *vm_describe_config_summary(const PropertyContext *context,
                                                        const Vm *vm)
{
        VirtualMachineConfigSummary *summary =
                arena_new_object(context->arena, VirtualMachineConfigSummary);

        if (summary)
                *summary = (VirtualMachineConfigSummary){
                        .type = &type_VirtualMachineConfigSummary,
                        .name = vm->entity.name,
                        .vm_path_name = vm->source->config->path,
                        .memory_size_mb = {vm->memory_mb > 0, vm->memory_mb},
                        .num_cpu = {vm->num_cpu > 0, vm->num_cpu},
                        .uuid = vm->uuid,
                        .instance_uuid = vm->uuid,
                        .guest_id = (char *)vm_guest_id(vm),
                        .guest_full_name = guest_full_name(vm),
                };
        return summary;
}
