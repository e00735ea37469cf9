//! The users of a server, as they are now. Each session belongs to one of them.
//!
//! Changed rules count at once for all sessions of the user. A session asks its user once for each
//! request whether it has all rights, which costs one load. Only the requests of other users are
//! looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::config::user::UserRules;

/// The name of the user of each new connection.
pub const DEFAULT_USER: &[u8] = b"default";

/// A user.
pub struct User {
    /// The name.
    pub name: Vec<u8>,
    rules: RwLock<Arc<UserRules>>,
    has_all_rights: AtomicBool,
    is_open: AtomicBool,
    is_removed: AtomicBool,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}", String::from_utf8_lossy(&self.name))
    }
}

impl User {
    fn new(name: &[u8], rules: UserRules) -> Arc<User> {
        let user = User {
            name: name.to_vec(),
            rules: RwLock::new(Arc::new(UserRules::new(false))),
            has_all_rights: AtomicBool::new(false),
            is_open: AtomicBool::new(false),
            is_removed: AtomicBool::new(false),
        };
        user.set(rules);
        Arc::new(user)
    }

    /// Makes a default user that needs no password and may do everything.
    pub fn with_all_rights() -> Arc<User> {
        User::new(DEFAULT_USER, UserRules::everything())
    }

    /// Returns the rules that define the user now.
    pub fn rules(&self) -> Arc<UserRules> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&rules)
    }

    /// Returns whether every request of the user is permitted.
    pub fn has_all_rights(&self) -> bool {
        self.has_all_rights.load(Ordering::Relaxed)
    }

    /// Returns whether the user may log in without a password.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Returns whether the user was removed. Its sessions are about to end.
    pub fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::SeqCst)
    }

    fn set(&self, rules: UserRules) {
        let mut current = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the flags are those of the latest rules.
        self.has_all_rights
            .store(rules.has_all_rights(), Ordering::Relaxed);
        self.is_open
            .store(rules.is_on() && rules.has_nopass(), Ordering::Relaxed);
        *current = Arc::new(rules);
    }

    /// Takes all rights from sessions that are still there.
    fn remove(&self) {
        self.set(UserRules::new(false));
        self.is_removed.store(true, Ordering::SeqCst);
    }
}

/// All users, by their names. The default user always exists, as the same [`User`].
#[derive(Debug)]
pub struct Users {
    default: Arc<User>,
    others: Mutex<BTreeMap<Vec<u8>, Arc<User>>>,
}

impl Default for Users {
    fn default() -> Self {
        Users {
            default: User::with_all_rights(),
            others: Mutex::default(),
        }
    }
}

impl Users {
    /// Returns the user of new connections.
    pub fn default_user(&self) -> &Arc<User> {
        &self.default
    }

    /// Returns the user `name`.
    pub fn find(&self, name: &[u8]) -> Option<Arc<User>> {
        match name == DEFAULT_USER {
            true => Some(Arc::clone(&self.default)),
            false => self.lock().get(name).cloned(),
        }
    }

    /// Returns all users, sorted by name.
    pub fn list(&self) -> Vec<Arc<User>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        let place = all.partition_point(|user| &user.name[..] < DEFAULT_USER);
        all.insert(place, Arc::clone(&self.default));
        all
    }

    /// Changes the user `name`; a new one begins with the rules `fresh`. Returns the user and its
    /// former rules. Nobody else changes a user meanwhile.
    ///
    /// # Errors
    /// That of `change`. Then nothing has changed.
    pub fn change<E>(
        &self,
        name: &[u8],
        fresh: UserRules,
        change: impl FnOnce(&mut UserRules) -> Result<(), E>,
    ) -> Result<(Arc<User>, Arc<UserRules>), E> {
        let mut others = self.lock();
        let known = match name == DEFAULT_USER {
            true => Some(Arc::clone(&self.default)),
            false => others.get(name).cloned(),
        };
        let before = known.as_ref().map_or(Arc::new(fresh), |user| user.rules());
        let mut rules = UserRules::clone(&before);
        change(&mut rules)?;
        let user = known.unwrap_or_else(|| {
            let user = User::new(name, UserRules::new(false));
            others.insert(name.to_vec(), Arc::clone(&user));
            user
        });
        user.set(rules);
        Ok((user, before))
    }

    /// Makes `password` the only password of the default user; an empty one means none.
    pub fn set_default_password(&self, password: &str) {
        let _others = self.lock();
        let mut rules = UserRules::clone(&self.default.rules());
        rules.set_password(password);
        self.default.set(rules);
    }

    /// Removes a user, but not the default user. The caller disconnects its clients.
    pub fn remove(&self, name: &[u8]) -> Option<Arc<User>> {
        let removed = self.lock().remove(name);
        if let Some(user) = &removed {
            user.remove();
        }
        removed
    }

    /// Replaces all users by `fresh`. Without a default user in it, the default user may do
    /// everything. Returns the removed users: all but the default user. The caller disconnects their
    /// clients.
    pub fn replace(&self, fresh: Vec<(Vec<u8>, UserRules)>) -> Vec<Arc<User>> {
        let mut others = self.lock();
        let removed: Vec<_> = std::mem::take(&mut *others).into_values().collect();
        let mut default = UserRules::everything();
        for (name, rules) in fresh {
            match name == DEFAULT_USER {
                true => default = rules,
                false => drop(others.insert(name.clone(), User::new(&name, rules))),
            }
        }
        self.default.set(default);
        removed.iter().for_each(|user| user.remove());
        removed
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Arc<User>>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
