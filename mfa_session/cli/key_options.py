"""The profiles that have a long-term key, or are to get one, and the stores that hold it."""

from collections.abc import Collection
from contextlib import suppress
from typing import Annotated

import typer

from mfa_session.aws_files.files import read_profiles
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.options import one_of
from mfa_session.cli.output import warn
from mfa_session.errors import (
    AccessKeyNotFoundError,
    ConfigurationError,
    ProfileNotFoundError,
    StoreError,
    hint_command,
)
from mfa_session.keys.copies import KeyCopy, find_copies
from mfa_session.keys.inventory import places_of
from mfa_session.keystore.stores import KeyStore
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.login import LoginRequest, session_worth_keeping

STORES = ("keyring", "file")

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="NAME",
        help="Where the key rests: keyring or file.  [default: the best there is]",
        autocompletion=one_of(*STORES),
    ),
]

ORIGINS = ("credentials", "environment", "aws-mfa", "aws-vault")

OriginOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="PLACE",
        help=f"Where the key lies: {', '.join(ORIGINS)}.  [default: the credentials file, aws-mfa's sections too]",
        autocompletion=one_of(*ORIGINS),
    ),
]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without being asked.")]


def store_options(store: str | None) -> tuple[str, ...]:
    """Return the option with which a hint keeps the *store* that the user chose."""
    return ("--store", store) if store else ()


def holder(app: AppContext, name: str | None) -> Profile:
    """Return the profile with the key that *name* stands for.

    Raises:
        ConfigurationError: it is a role profile. The user who names one may not know whose key would change.
    """
    profile = app.profile(name)
    if profile.source is not None and profile.user.name == profile.name:
        app.settings.check_can_answer(profile)
    if profile.source is not None:
        raise ConfigurationError(
            f"profile {profile.name} takes a role, and has no key of its own",
            hint=f"name the profile whose key it is: --profile {profile.user.name}",
        )
    return profile


def new_holder(app: AppContext, name: str | None) -> Profile:
    """Return the same, or a profile that is in no file yet."""
    try:
        return holder(app, name)
    except ProfileNotFoundError:
        chosen = name or app.profile_name()
        return Profile(chosen, session_profile=f"{chosen}-mfa")


def store_of(app: AppContext, profile: Profile) -> KeyStore:
    """Return the store that the config file says has the key of *profile*.

    Raises:
        AccessKeyNotFoundError: it names none.
    """
    if profile.store is not None:
        return app.access_keys.store(profile.store)
    name = profile.name
    if app.plain_keys.has(name):
        raise AccessKeyNotFoundError(
            f"the key of profile {name} lies in {app.credentials_file}, and in no store",
            hint=f"move it into one: {hint_command('keys import', profile=name)}",
        )
    raise AccessKeyNotFoundError(
        f"no store has a key for profile {name}", hint=f"give it one: {hint_command('keys add', profile=name)}"
    )


def stored_key(app: AppContext, profile: Profile) -> AccessKey | None:
    """Return the key that a store has for *profile*, ``None`` where none has."""
    return None if profile.store is None else app.access_keys.get(profile.name, profile.store)


def replaced_key(store: KeyStore, profile: Profile, new: AccessKey | None) -> str | None:
    """Return the masked ID of the key of *profile* in *store*, ``None`` where there is none but the *new* one.

    A store that cannot tell has nothing that could be named.
    """
    with suppress(StoreError):
        key = store.get(profile.name)
        if key is not None and (new is None or key.access_key_id != new.access_key_id):
            return key.masked_id
    return None


def forget_in_other_store(app: AppContext, profile: Profile, *, chosen: KeyStore) -> None:
    """Delete the key of *profile* from the store where it was, if that is not the *chosen* one, nor gone."""
    if profile.store in (None, chosen.name):
        return
    try:
        app.access_keys.store(str(profile.store)).delete(profile.name)
    except StoreError as error:
        warn(f"a key of {profile.name} may still be in the other store: {error}", hint=error.hint)


def other_copies(
    app: AppContext,
    key_ids: Collection[str],
    *,
    besides: Profile,
    store: KeyStore,
    stores: Collection[str] | None = None,
) -> "list[KeyCopy]":
    """Return who else has a key with one of these IDs, *besides* the profile that has it in *store*.

    What could not be searched is told of.
    """
    found, problems = find_copies(
        key_ids,
        config=read_profiles(app.config_file, "config"),
        credentials=read_profiles(app.credentials_file, "credentials"),
        get=app.access_keys.get,
        stores=stores,
    )
    for problem in problems:
        warn(
            problem,
            hint=f"unlock that store and run this again, or look yourself: {hint_command('keys list', profile='')}",
        )
    return [copy for copy in found if (copy.profile, copy.place) != (besides.name, store.name)]


def keys_of(store: KeyStore, profile: Profile) -> list[AccessKey]:
    """Return the keys that *store* has for *profile*, those of a rotation too; none where it cannot tell."""
    with suppress(StoreError):
        found = [key for place in places_of(profile) if (key := store.get(place))]
        return list({key.access_key_id: key for key in found}.values())
    return []


def check_no_key_in_the_file(app: AppContext, profile: Profile) -> None:
    """Make sure that a key of *profile* would be used, once it is in a store.

    Raises:
        ConfigurationError: the credentials file has one, which AWS tools would take first.
    """
    if app.plain_keys.has(profile.name):
        raise ConfigurationError(
            f"profile {profile.name} has a key in {app.credentials_file}, which AWS tools would go on using",
            hint=f"move that one into the store: {hint_command('keys import', profile=profile.name)};"
            " or delete its lines",
        )


def check_no_rotation_is_open(app: AppContext, profile: Profile) -> None:
    """Make sure that nothing is done to a key in the middle of its rotation.

    One that AWS has not given a new key for has not changed any store yet.

    Raises:
        ConfigurationError: a rotation was cut short.
    """
    rotation = app.rotations.read(profile)
    if rotation is not None and not rotation.is_finished and rotation.new is not None:
        raise ConfigurationError(
            f"a rotation of the key of profile {profile.name} was cut short",
            hint=f"finish it first: {hint_command('keys rotate', profile=profile.name)}; "
            f"or forget the key: {hint_command('keys remove', profile=profile.name)}",
        )


def session_at_hand(app: AppContext, profile: Profile) -> SessionCredentials | None:
    """Return the session of *profile*, if it is live; never asks for a code."""
    return session_worth_keeping(LoginRequest(profile), sessions=app.sessions, clock=now)
