package io.mooring.kernel.doctor;

import io.mooring.epoll.EngineChoice;
import io.mooring.epoll.Epoll;
import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;

/**
 * The engine that a server would get: on this machine by the server's own trial, of a recorded one
 * by what its files say.
 *
 * @param engine  what the other checks go by
 * @param refusal why it is not io_uring, although that was not ruled out; null: it is
 * @param errno   of the refusal, positive; 0: of another sort
 * @param isTried on this machine
 */
record Trial(Engine engine, String refusal, int errno, boolean isTried) {

    static Trial of(Host host, EngineChoice choice) {
        if (choice == EngineChoice.EPOLL) {
            return new Trial(new Epoll("as --engine epoll says"), null, 0, false);
        }
        try {
            Engine engine = host.isThisOne() ? IoUring.probe() : recorded(host);
            return new Trial(engine, null, 0, host.isThisOne());
        } catch (SetupException e) {
            // Whoever insists on io_uring wants to hear what else is in its way.
            Engine engine = choice == EngineChoice.AUTO ? new Epoll(e.getMessage())
                : planned(host);
            return new Trial(engine, e.getMessage(), e.errno(), host.isThisOne());
        }
    }

    private static Engine planned(Host host) {
        return new IoUring(new KernelFeatures(host.release(), 0, true, true));
    }

    private static Engine recorded(Host host) {
        String disabled = host.text(KernelChecks.DISABLED);
        if (disabled.equals("2") || disabled.equals("1") && !host.isAdmin()) {
            throw new SetupException("kernel.io_uring_disabled is " + disabled, Errno.EPERM);
        }
        if (!host.release().isEmpty() && !host.isAtLeast(6, 1)) {
            throw new SetupException("Linux " + host.release() + " is older than 6.1",
                Errno.EINVAL);
        }
        return planned(host);
    }
}
