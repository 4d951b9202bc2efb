// What pages need a script for: keys, reveals, leases. Everything else is forms.
