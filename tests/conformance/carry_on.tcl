# Read by the suite's test_helper.tcl, at its end, in the copy that suite.py makes of it.
#
# Runs only the tests named in a file, a line each, and sees to it that a test that fails, or a
# command between two tests, takes none of the tests behind it along.

namespace eval carry_on {
    variable wanted [dict create]
    variable in_test 0

    proc read_names path {
        variable wanted
        set file [open $path r]
        foreach name [split [read $file] "\n"] {
            dict set wanted $name {}
        }
        close $file
    }

    # A test that fails may leave a transaction, a subscription or unread replies behind it, or
    # have lost its connection.
    proc run {arguments} {
        variable in_test
        set failed_before $::num_failed
        set in_test 1
        set code [catch {uplevel 2 [list tolerant_test {*}$arguments]} result options]
        set in_test 0
        if {$::num_failed > $failed_before} {
            catch reconnect
        }
        return -options $options $result
    }

    # Runs a command where this is called from. An error between two tests would end the block of
    # both, so it is only told.
    proc tolerate {command} {
        variable in_test
        set code [catch {uplevel 2 $command} result options]
        if {$code == 1 && !$in_test} {
            send_data_packet $::test_server_fd err "between tests: $result"
            return
        }
        return -options $options $result
    }
}

carry_on::read_names $::env(CARRY_ON_NAMES)

rename test tolerant_test
proc test {name args} {
    if {[dict exists $::carry_on::wanted [string trim $name]]} {
        carry_on::run [list $name {*}$args]
    }
}

foreach name [concat ::redis::__dispatch__ [info procs assert*]] {
    rename $name strict_[namespace tail $name]
    proc $name args "carry_on::tolerate \[list strict_[namespace tail $name] {*}\$args\]"
}
