package io.mooring.kernel.doctor;

/**
 * What is looked at.
 *
 * @param name   of the setting, as sysctl or the manual has it
 * @param read   what the machine says
 * @param needed what so many connections take; empty: nothing of it
 * @param why    how the two hang together
 */
public record Subject(String name, String read, String needed, String why) {

    Result pass() {
        return new Result.Pass(this);
    }

    Result warn(String cost, String fix) {
        return new Result.Warn(this, cost, fix);
    }

    Result fail(String cost, String fix, long atMost) {
        return new Result.Fail(this, cost, fix, atMost);
    }

    Result fail(String cost, String fix) {
        return new Result.Fail(this, cost, fix, Result.UNCOUNTED);
    }

    Result unknown(String remedy) {
        return new Result.Unknown(this, remedy);
    }
}
