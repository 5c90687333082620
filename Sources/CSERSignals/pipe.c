// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE  // pipe2
#include "ser_pipe.h"
#include <fcntl.h>
#include <unistd.h>

int32_t ser_pipe(int32_t *ends) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}
