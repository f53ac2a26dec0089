#!/bin/sh
# Removes the agent that numalens-agent.service installed, and its settings.
# Recordings stay, unless --purge is given. --dry-run only says what it would do.
#
# usage: deploy/uninstall.sh [--dry-run] [--purge]
#
# DESTDIR is put before every path, for packages and tests.
set -eu

dry=
purge=
for arg in "$@"; do
	case $arg in
	--dry-run) dry=yes ;;
	--purge) purge=yes ;;
	*)
		echo "usage: $0 [--dry-run] [--purge]" >&2
		exit 2
		;;
	esac
done

run() {
	if [ -n "$dry" ]; then
		echo "would run: $*"
	else
		"$@"
	fi
}

remove() {
	for path in "$@"; do
		path=${DESTDIR:-}$path
		if [ -e "$path" ] || [ -L "$path" ]; then
			run rm -rf -- "$path"
		fi
	done
}

if [ -e "${DESTDIR:-}/etc/systemd/system/numalens-agent.service" ]; then
	# Told to end, it seals what it records.
	run systemctl disable --now numalens-agent
	remove /etc/systemd/system/numalens-agent.service /etc/systemd/system/numalens-agent.service.d
	run systemctl daemon-reload
fi
remove /usr/local/bin/numalens-agent /etc/numalens
if [ -n "$purge" ]; then
	# With DynamicUser the directory is a link to the one below private.
	remove /var/lib/numalens /var/lib/private/numalens
fi
