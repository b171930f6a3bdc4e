/**
 * Servers side by side, measured from outside: server CPU per message at a fixed rate, user and
 * kernel memory per idle connection, and how fast a dead client's connections are gone.
 */
package io.mooring.bench;
