#include "property/guest-disk.h"

#include "schema/tables.h"

static GuestDiskInfo *describe_disk(Arena *arena, const GuestDisk *disk)
{
        GuestDiskInfo *told = arena_new_object(arena, GuestDiskInfo);

        if (!told)
                return NULL;
        *told = (GuestDiskInfo){
                .type = &type_GuestDiskInfo,
                .disk_path = arena_strdup(arena, disk->path),
                .capacity = {true, disk->capacity},
                .free_space = {true, disk->free_space},
        };
        if (disk->file_system_type[0])
                told->filesystem_type = arena_strdup(arena, disk->file_system_type);
        return told->disk_path ? told : NULL;
}

void guest_disk_fill(const PropertyContext *context, const Vm *vm, GuestInfo *info)
{
        const GuestFacts *facts = &vm->facts;
        WireObject **disks = arena_array(context->arena, facts->n_disks + 1, sizeof(*disks));

        for (size_t i = 0; disks && i < facts->n_disks; i++) {
                disks[i] = (WireObject *)describe_disk(context->arena, &facts->disks[i]);
                if (!disks[i])
                        return;
        }
        if (disks)
                info->disk = (WireObjects){disks, facts->n_disks};
}
