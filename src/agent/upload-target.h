#pragma once

/*
 * Where a file from the host is to go, looked at as the user, in a worker: when it is promised, and
 * again when it is sent. Source: vSphere Web Services API, GuestFileManager.
 */

#include "agent/file-place.h"
#include "agent/transfers.h"

#include <sys/stat.h>

typedef struct UploadTarget {
        FilePlace place;
        bool exists;
        struct stat old; /* where it does */
} UploadTarget;

#define UPLOAD_TARGET_NONE ((UploadTarget){.place = FILE_PLACE_NONE})

void upload_target_close(UploadTarget *target);

/**
 * upload_target_open() - find the place, and all that is known to be wrong before there are data
 * @terms:      path, attributes and overwrite count
 *
 * Return: 0, or a negative errno with a fault raised.
 */
int upload_target_open(const TransferTerms *terms, Arena *arena, Fault *fault, UploadTarget *ret);
