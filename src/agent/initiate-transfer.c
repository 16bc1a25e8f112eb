/*
 * InitiateFileTransferFromGuest, InitiateFileTransferToGuest: a file is looked at, and its transfer
 * is promised. Source: vSphere Web Services API, GuestFileManager; PROTOCOL.md, "Transfers".
 */

#include "agent/file-attributes.h"
#include "agent/guest-path.h"
#include "agent/upload-target.h"
#include "schema/tables.h"

/* the child, as the user */

static int look_at_download(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const InitiateFileTransferFromGuestRequestType *args = params;
        FileTransferInformation *info = arena_new_object(arena, FileTransferInformation);
        FileTransferInformation **value = arena_new_object(arena, FileTransferInformation *);
        const char *path = args->guest_file_path;
        char *bytes = guest_path_decode(arena, path);
        struct stat status;

        if (!info || !value || !bytes)
                return -ENOMEM;
        if (lstat(bytes, &status) < 0)
                return file_fault(fault, arena, path, errno);
        if (S_ISLNK(status.st_mode))
                return fault_raise(fault, arena, FAULT_INVALID_ARGUMENT, "guestFilePath",
                                   "A specified parameter was not correct: guestFilePath (%s is a "
                                   "symbolic link)",
                                   path);
        if (!S_ISREG(status.st_mode))
                return file_fault(fault, arena, path, EISDIR);
        *info = (FileTransferInformation){
                .type = &type_FileTransferInformation,
                .attributes = file_attributes_of(arena, &status, NULL),
                .size = status.st_size,
                .url = (char *)"",
        };
        if (!info->attributes)
                return -ENOMEM;
        *value = info;
        *ret = value;
        return 0;
}

static int look_at_upload(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        static const char *const no_handle = "";
        const InitiateFileTransferToGuestRequestType *args = params;
        const TransferTerms terms = {
                .to_guest = true,
                .overwrite = args->overwrite,
                .path = args->guest_file_path,
                .attributes = args->file_attributes,
        };
        _cleanup_(upload_target_close) UploadTarget target = UPLOAD_TARGET_NONE;
        int r = upload_target_open(&terms, arena, fault, &target);

        if (r >= 0)
                *ret = &no_handle;
        return r;
}

/* the monitor */

/* @ret: the handle, in the operation's arena */
static int promise(Operation *operation, TransferTerms *terms, char **ret, Usec now)
{
        Operations *operations = operation->operations;
        const TransferLimits limits = {
                .max = operations->config->transfers_max,
                .per_user_max = operations->config->transfers_per_user_max,
        };
        const TicketPlace place = operation_ticket_place(operation, now);
        const Transfer *transfer = NULL;
        int r;

        /* A file system of the user's own can have made this last as long as he likes. */
        if (operation->login.generation != place.generation)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The guest's accounts or configuration have changed "
                                       "meanwhile; try again.");
        terms->who = operation->who;
        terms->user = operation->user_spelling;
        r = transfers_add(&operations->transfers, terms, &limits, &place, &transfer);
        if (r == -EUSERS)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "Too many file transfers were initiated in the guest; "
                                       "finish some, or wait until their time is over.");
        if (r < 0)
                return r;
        operations_schedule_transfers(operations);
        *ret = arena_strdup(operation->arena, transfer->handle);
        return *ret ? 0 : -ENOMEM;
}

int initiate_download_check(Operation *operation)
{
        const InitiateFileTransferFromGuestRequestType *args =
                (const void *)operation->request->params;

        return file_operation_check_path(operation, "guestFilePath", args->guest_file_path);
}

int initiate_download_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, look_at_download, now);
}

int initiate_download_finish(Operation *operation, const void **value, Usec now)
{
        const InitiateFileTransferFromGuestRequestType *args =
                (const void *)operation->request->params;
        TransferTerms terms = {.path = args->guest_file_path};
        FileTransferInformation *info = *(FileTransferInformation *const *)*value;

        return promise(operation, &terms, &info->url, now);
}

int initiate_upload_check(Operation *operation)
{
        const InitiateFileTransferToGuestRequestType *args =
                (const void *)operation->request->params;
        int r;

        r = file_operation_check_path(operation, "guestFilePath", args->guest_file_path);
        if (r >= 0)
                r = file_attributes_check(operation, "fileAttributes", args->file_attributes);
        if (r >= 0 && args->file_size < 0)
                r = operation_fault(operation, FAULT_INVALID_ARGUMENT, "fileSize",
                                    "A specified parameter was not correct: fileSize");
        return r;
}

int initiate_upload_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, look_at_upload, now);
}

int initiate_upload_finish(Operation *operation, const void **value, Usec now)
{
        const InitiateFileTransferToGuestRequestType *args =
                (const void *)operation->request->params;
        TransferTerms terms = {
                .to_guest = true,
                .overwrite = args->overwrite,
                .path = args->guest_file_path,
                .attributes = args->file_attributes,
        };
        char **handle = arena_new_object(operation->arena, char *);

        if (!handle)
                return -ENOMEM;
        *value = handle;
        return promise(operation, &terms, handle, now);
}
