// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOwnerSigned} from "./IOwnerSigned.sol";

/// @title What an owner writes about his number
/// @notice Each record is kept under the epoch it was written in, so a change of hands clears all at no cost.
///         Each setter has a twin with `For` that anyone may call with the owner's EIP-712 signature (an EOA's, or a
///         contract's by ERC-1271), so that a relayer can pay.
interface INumberRecords is IOwnerSigned {
    /// @notice Several records at once. Typed data:
    ///         Update(uint8 fields,bytes32 credential,uint8 kdf,uint32 hub,bytes32 expectedBackup,bytes32 backup,bytes32 messageKey)
    struct Update {
        /// Which to write: 1 credential and kdf, 2 hub, 4 backup, 8 message key; added up. The rest is not looked at.
        uint8 fields;
        /// keccak256 of the light key's address; zero clears it (then kdf is 0 too)
        bytes32 credential;
        uint8 kdf;
        uint32 hub;
        bytes32 expectedBackup;
        bytes32 backup;
        bytes32 messageKey;
    }

    /// @notice A credential is not zero and names its KDF by an id from 1; clearing goes by clearCredential.
    error InvalidCredential(bytes32 hash, uint8 kdf);

    /// @notice Somebody wrote another backup pointer before: read `actual`, merge, and try again.
    error BackupConflict(uint256 number, bytes32 expected, bytes32 actual);

    /// @notice No field, or one that there is not, is asked for.
    error UnknownFields(uint8 fields);

    /// @notice The light credential of `number`; zero and 0 when cleared.
    event CredentialSet(uint256 indexed number, uint64 epoch, bytes32 hash, uint8 kdf);

    /// @notice The home hub of `number`; 0 is none.
    event HubSet(uint256 indexed number, uint64 epoch, uint32 hubId);

    /// @notice The backup pointer of `number`; zero is none.
    event BackupSet(uint256 indexed number, uint64 epoch, bytes32 digest);

    /// @notice The X25519 key for messages to `number`; zero is none.
    event MessageKeySet(uint256 indexed number, uint64 epoch, bytes32 key);

    /// @notice Sets the light credential: keccak256 of the light key's address, and how that key is derived.
    function setCredential(uint256 number, bytes32 hash, uint8 kdf) external;

    /// @notice SetCredential(uint256 number,uint64 epoch,bytes32 hash,uint8 kdf,uint256 nonce,uint256 deadline)
    function setCredentialFor(uint256 number, bytes32 hash, uint8 kdf, uint256 deadline, bytes calldata signature)
        external;

    /// @notice Takes the light credential away: no light login is left.
    function clearCredential(uint256 number) external;

    /// @notice ClearCredential(uint256 number,uint64 epoch,uint256 nonce,uint256 deadline)
    function clearCredentialFor(uint256 number, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets the home hub, an id of the HubList; 0 for none.
    function setHub(uint256 number, uint32 hubId) external;

    /// @notice SetHub(uint256 number,uint64 epoch,uint32 hubId,uint256 nonce,uint256 deadline)
    function setHubFor(uint256 number, uint32 hubId, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets the backup pointer, the sha2-256 digest of a raw CIDv1 block, if it is `expected` still.
    function setBackup(uint256 number, bytes32 expected, bytes32 next) external;

    /// @notice SetBackup(uint256 number,uint64 epoch,bytes32 expected,bytes32 next,uint256 nonce,uint256 deadline)
    function setBackupFor(uint256 number, bytes32 expected, bytes32 next, uint256 deadline, bytes calldata signature)
        external;

    /// @notice Sets the X25519 public key that messages are sealed to; zero for none.
    function setMessageKey(uint256 number, bytes32 key) external;

    /// @notice SetMessageKey(uint256 number,uint64 epoch,bytes32 key,uint256 nonce,uint256 deadline)
    function setMessageKeyFor(uint256 number, bytes32 key, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets several records at once.
    function setMany(uint256 number, Update calldata update) external;

    /// @notice SetMany(uint256 number,uint64 epoch,Update update,uint256 nonce,uint256 deadline), followed by Update's type
    function setManyFor(uint256 number, Update calldata update, uint256 deadline, bytes calldata signature) external;

    /// @notice The records of `number` in its present epoch; zeros for what is not set.
    function recordsOf(uint256 number)
        external
        view
        returns (bytes32 credential, uint8 kdf, uint32 hub, bytes32 backup, bytes32 messageKey);
}
