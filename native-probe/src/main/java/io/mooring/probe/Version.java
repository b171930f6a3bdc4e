package io.mooring.probe;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says: as the jar's manifest has it. */
public final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"mooring probe " + (version == null ? "(not packaged)" : version)};
    }
}
