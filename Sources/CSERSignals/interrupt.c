// SPDX-License-Identifier: Apache-2.0

#include "ser_interrupt.h"
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

// Lock-free, and so safe to touch in a signal handler.
static atomic_int request;

static void note(int signal) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&request, &none, signal)) _exit(128 + signal);
}

void ser_interrupt_install(void) {
    struct sigaction action = {0};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;  // reads and writes under way go on
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // nohup has it ignored, so that the work goes on.
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL);
    // A parent may have started us with signals blocked, as worker threads of some run-times do.
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &watched, NULL);
}

int32_t ser_interrupt_signal(void) { return atomic_load(&request); }
