// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOwnerSigned} from "./IOwnerSigned.sol";

/// @title What an owner writes about a number
/// @notice Each record is kept under the epoch it was written in, so a change of hands clears all at no cost.
///         Each setter has a twin with `For` that anyone may call with the owner's EIP-712 signature, so that a relayer
///         can pay. All setters revert with NotOwner, and their twins with SignatureExpired or InvalidSignature.
interface INumberRecords is IOwnerSigned {
    /// @notice Several records at once. Typed data:
    ///         Update(uint8 fields,bytes32 credential,uint8 kdf,bytes kdfParameters,uint32 hub,bytes32 expectedBackup,bytes32 backup,bytes32 messageKey,bool answersVerified)
    struct Update {
        /// which to write: 1 credential with kdf and parameters, 2 hub, 4 backup, 8 message key, 16 answers verified;
        /// added up. The rest is not looked at.
        uint8 fields;
        /// keccak256 of the light key's address; zero clears it (then kdf is 0 and kdfParameters empty too)
        bytes32 credential;
        /// how the light key is derived from the password
        uint8 kdf;
        /// what that derivation needs besides, such as its hubs; empty where it needs nothing
        bytes kdfParameters;
        /// the home hub, an id of the HubList; 0 for none
        uint32 hub;
        /// the backup pointer that is to be replaced
        bytes32 expectedBackup;
        /// the backup pointer that replaces it; zero for none
        bytes32 backup;
        /// the X25519 public key that messages are sealed to; zero for none
        bytes32 messageKey;
        /// whether each answer to a call of the number carries its proof
        bool answersVerified;
    }

    /// @notice A credential is not zero and names its KDF by an id from 1; to clear it there is clearCredential.
    /// @param hash The credential that was given.
    /// @param kdf The KDF id that was given.
    error InvalidCredential(bytes32 hash, uint8 kdf);

    /// @notice A KDF's parameters are longer than allowed.
    /// @param length How many octets were given.
    /// @param max How many are allowed.
    error KdfParametersTooLong(uint256 length, uint256 max);

    /// @notice Another device wrote the backup pointer in between: read it, merge, and try again.
    /// @param number The number.
    /// @param expected The pointer that the caller wanted to replace.
    /// @param actual The pointer that stands.
    error BackupConflict(uint256 number, bytes32 expected, bytes32 actual);

    /// @notice No field is asked for, or one that does not exist.
    /// @param fields The set of fields that was given.
    error UnknownFields(uint8 fields);

    /// @notice The light credential of `number` is `hash` from now on.
    /// @dev A reader may assume of each event of this contract that it came by the owner's call or signature, and that
    ///      the record stands until the next of its kind or until the number leaves `epoch`.
    /// @param number The number.
    /// @param epoch Its epoch, as the registry counts it.
    /// @param hash keccak256 of the light key's address; zero when cleared.
    /// @param kdf How the light key is derived from the password; 0 when cleared, else 1 or more.
    /// @param parameters What that derivation needs besides. Only this event has them: the contract keeps the block they
    ///        are in and the first 20 octets of their keccak256.
    event CredentialSet(uint256 indexed number, uint64 epoch, bytes32 hash, uint8 kdf, bytes parameters);

    /// @notice The home hub of `number` is `hubId` from now on.
    /// @dev No reader may assume that there is such a hub: the contract does not ask the HubList.
    /// @param number The number.
    /// @param epoch Its epoch, as the registry counts it.
    /// @param hubId An id of the HubList; 0 is none.
    event HubSet(uint256 indexed number, uint64 epoch, uint32 hubId);

    /// @notice The backup pointer of `number` is `digest` from now on.
    /// @dev A reader may assume that the call named the pointer that stood before, so nothing
    ///      was overwritten unseen.
    /// @param number The number.
    /// @param epoch Its epoch, as the registry counts it.
    /// @param digest The sha2-256 digest of a raw CIDv1 block; zero is none.
    event BackupSet(uint256 indexed number, uint64 epoch, bytes32 digest);

    /// @notice Messages to `number` are sealed to `key` from now on.
    /// @param number The number.
    /// @param epoch Its epoch, as the registry counts it.
    /// @param key An X25519 public key; zero is none.
    event MessageKeySet(uint256 indexed number, uint64 epoch, bytes32 key);

    /// @notice Whoever answers a call of `number` proves that they may, or does not, from now on.
    /// @dev A reader may assume that the owner wants an answer without proof refused while `promised` holds, by whatever
    ///      node it comes. No reader may assume that the number has a device which can prove itself.
    /// @param number The number.
    /// @param epoch Its epoch, as the registry counts it.
    /// @param promised Whether it is promised.
    event AnswersVerifiedSet(uint256 indexed number, uint64 epoch, bool promised);

    /// @notice Sets the light credential. The owner's call.
    /// @dev Reverts with InvalidCredential or KdfParametersTooLong. What the parameters mean is the KDF's: the contract
    ///      reads nothing of them.
    /// @param number The number.
    /// @param hash keccak256 of the light key's address.
    /// @param kdf How that key is derived from the password: an id from 1.
    /// @param parameters What that derivation needs besides; empty where it needs nothing.
    function setCredential(uint256 number, bytes32 hash, uint8 kdf, bytes calldata parameters) external;

    /// @notice Sets the light credential, by the owner's signature. Anyone's call.
    /// @dev Signed:
    ///      SetCredential(uint256 number,uint64 epoch,bytes32 hash,uint8 kdf,bytes parameters,uint256 nonce,uint256 deadline).
    ///      Reverts with InvalidCredential or KdfParametersTooLong.
    /// @param number The number.
    /// @param hash keccak256 of the light key's address.
    /// @param kdf How that key is derived from the password: an id from 1.
    /// @param parameters What that derivation needs besides; empty where it needs nothing.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setCredentialFor(
        uint256 number,
        bytes32 hash,
        uint8 kdf,
        bytes calldata parameters,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Takes the light credential away: no light login is left. The owner's call.
    /// @param number The number.
    function clearCredential(uint256 number) external;

    /// @notice Takes the light credential away, by the owner's signature. Anyone's call.
    /// @dev Signed: ClearCredential(uint256 number,uint64 epoch,uint256 nonce,uint256 deadline)
    /// @param number The number.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function clearCredentialFor(uint256 number, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets the home hub. The owner's call.
    /// @param number The number.
    /// @param hubId An id of the HubList; 0 for none.
    function setHub(uint256 number, uint32 hubId) external;

    /// @notice Sets the home hub, by the owner's signature. Anyone's call.
    /// @dev Signed: SetHub(uint256 number,uint64 epoch,uint32 hubId,uint256 nonce,uint256 deadline)
    /// @param number The number.
    /// @param hubId An id of the HubList; 0 for none.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setHubFor(uint256 number, uint32 hubId, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets the backup pointer, if it still is the one that the caller expects. The owner's call.
    /// @dev Reverts with BackupConflict.
    /// @param number The number.
    /// @param expected The pointer to replace; zero when there is none.
    /// @param next The sha2-256 digest of a raw CIDv1 block; zero for none.
    function setBackup(uint256 number, bytes32 expected, bytes32 next) external;

    /// @notice Sets the backup pointer, if it still is the one that is expected, by the owner's signature. Anyone's
    ///         call.
    /// @dev Signed:
    ///      SetBackup(uint256 number,uint64 epoch,bytes32 expected,bytes32 next,uint256 nonce,uint256 deadline).
    ///      Reverts with BackupConflict.
    /// @param number The number.
    /// @param expected The pointer to replace; zero when there is none.
    /// @param next The sha2-256 digest of a raw CIDv1 block; zero for none.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setBackupFor(uint256 number, bytes32 expected, bytes32 next, uint256 deadline, bytes calldata signature)
        external;

    /// @notice Sets the key that messages are sealed to. The owner's call.
    /// @param number The number.
    /// @param key An X25519 public key; zero for none.
    function setMessageKey(uint256 number, bytes32 key) external;

    /// @notice Sets the key that messages are sealed to, by the owner's signature. Anyone's call.
    /// @dev Signed: SetMessageKey(uint256 number,uint64 epoch,bytes32 key,uint256 nonce,uint256 deadline)
    /// @param number The number.
    /// @param key An X25519 public key; zero for none.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setMessageKeyFor(uint256 number, bytes32 key, uint256 deadline, bytes calldata signature) external;

    /// @notice Promises that each answer to a call of the number carries its proof, or takes that back. The owner's call.
    /// @param number The number.
    /// @param promised Whether it is promised.
    function setAnswersVerified(uint256 number, bool promised) external;

    /// @notice Promises that each answer to a call of the number carries its proof, or takes that back, by the owner's
    ///         signature. Anyone's call.
    /// @dev Signed: SetAnswersVerified(uint256 number,uint64 epoch,bool promised,uint256 nonce,uint256 deadline)
    /// @param number The number.
    /// @param promised Whether it is promised.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setAnswersVerifiedFor(uint256 number, bool promised, uint256 deadline, bytes calldata signature) external;

    /// @notice Sets several records at once. The owner's call.
    /// @dev Reverts with UnknownFields, InvalidCredential, KdfParametersTooLong or BackupConflict, and then writes nothing.
    /// @param number The number.
    /// @param update Which records, and what is to stand in them.
    function setMany(uint256 number, Update calldata update) external;

    /// @notice Sets several records at once, by the owner's signature. Anyone's call.
    /// @dev Signed: SetMany(uint256 number,uint64 epoch,Update update,uint256 nonce,uint256 deadline), followed by
    ///      Update's type. Reverts with UnknownFields, InvalidCredential, KdfParametersTooLong or BackupConflict, and then
    ///      writes nothing.
    /// @param number The number.
    /// @param update Which records, and what is to stand in them.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function setManyFor(uint256 number, Update calldata update, uint256 deadline, bytes calldata signature) external;

    /// @notice Gives the records of a number in its present epoch; zeros for what is not set.
    /// @param number The number.
    /// @return credential keccak256 of the light key's address.
    /// @return kdf How that key is derived from the password; 0 without a credential.
    /// @return kdfParametersHash The first 20 octets of the keccak256 of what that derivation needs besides; zero where it
    ///         needs nothing.
    /// @return hub The home hub, an id of the HubList.
    /// @return backup The backup pointer, the sha2-256 digest of a raw CIDv1 block.
    /// @return messageKey The X25519 public key that messages are sealed to.
    /// @return answersVerified Whether each answer to a call of the number carries its proof.
    /// @return kdfParametersBlock The block whose CredentialSet has what kdfParametersHash is of, so that one question for
    ///         logs finds it; 0 when there is nothing. It is the block's number as the chain's virtual machine has it: a
    ///         chain whose RPC counts its blocks otherwise (Arbitrum) has another block there.
    function recordsOf(uint256 number)
        external
        view
        returns (
            bytes32 credential,
            uint8 kdf,
            bytes20 kdfParametersHash,
            uint32 hub,
            bytes32 backup,
            bytes32 messageKey,
            bool answersVerified,
            uint48 kdfParametersBlock
        );
}
