// SPDX-License-Identifier: Apache-2.0
// A request to stop, made by the user with Ctrl-C, by closing the terminal, or by the system with a termination signal.
#pragma once
#include <stdint.h>

/// From now on SIGINT, SIGTERM and, unless it is ignored, SIGHUP set a flag instead of ending the process; a second one
/// ends it at once with the exit code 128 + signal (130 for Ctrl-C). Calling it again changes nothing.
void ser_interrupt_install(void);

/// The signal that asked to stop, or 0.
int32_t ser_interrupt_signal(void);
