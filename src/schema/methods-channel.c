/* What a host asks of an agent besides the operations that clients call; PROTOCOL.md, "Transfers".
 */

#include "schema/method-tables.h"
#include "schema/tables.h"

const Method channel_methods[] = {
        {
                "CloseFileTransfer",
                &type_CloseFileTransferRequestType,
                FORM_NONE,
                NULL,
                NULL,
                METHOD_GUEST,
                no_faults,
        },
        {
                "OpenFileTransfer",
                &type_OpenFileTransferRequestType,
                FORM_OBJECT,
                &type_FileTransferOpened,
                NULL,
                METHOD_GUEST,
                no_faults,
        },
};
const size_t n_channel_methods = ELEMENTS(channel_methods);
